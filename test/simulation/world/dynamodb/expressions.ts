import { reservedWords } from './reserved-words.ts';
import {
  type Attribute,
  added,
  compare,
  InvalidExpression,
  type Item,
  textOf,
  UnsupportedRequest,
  valueAt,
} from './values.ts';

// The part of DynamoDB's expressions that the functions use, and a little more. Anything else throws: a table that
// guesses would prove nothing.

export interface Placeholders {
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Readonly<Record<string, Attribute>> | undefined;
}

/** Resolves placeholders and records their use: DynamoDB refuses a placeholder that no expression mentions. */
export class PlaceholderScope {
  private readonly placeholders: Placeholders;
  private readonly used = new Set<string>();

  constructor(placeholders: Placeholders) {
    this.placeholders = placeholders;
  }

  name(word: string): string {
    if (!word.startsWith('#')) {
      if (reservedWords.has(word.toUpperCase()))
        throw new InvalidExpression(`Attribute name is a reserved keyword: ${word}`);
      return word;
    }
    const name = this.placeholders.names?.[word];
    if (name === undefined) throw new InvalidExpression(`An expression names ${word}, which is not defined`);
    this.used.add(word);
    return name;
  }

  value(word: string): Attribute {
    const value = this.placeholders.values?.[word];
    if (value === undefined) throw new InvalidExpression(`An expression uses ${word}, which is not defined`);
    this.used.add(word);
    return value;
  }

  /** Call this after all expressions of the request are parsed. */
  refuseUnused(): void {
    const given = [
      ...Object.keys(this.placeholders.names ?? {}),
      ...Object.keys(this.placeholders.values ?? {}),
    ];
    const unused = given.find((word) => !this.used.has(word));
    if (unused !== undefined) throw new InvalidExpression(`Value unused in expressions: ${unused}`);
  }
}

type Operand = (item: Item) => Attribute | undefined;
type Condition = (item: Item) => boolean;

/** Parses a condition, filter or key condition. */
export const readCondition = (text: string, scope: PlaceholderScope): Condition => {
  const reader = new Reader(text, scope);
  const condition = reader.disjunction();
  reader.expectEnd();
  return condition;
};

/** Parses an update into a function from the old item to the new one. */
export const readUpdate = (text: string, scope: PlaceholderScope): ((item: Item) => Item) => {
  const reader = new Reader(text, scope);
  const changes = reader.update();
  reader.expectEnd();
  // Every operand reads the item as it was before the update.
  return (before) => changes.reduce<Item>((after, change) => change(before, after), before);
};

/** Parses the names of a projection. */
export const readProjection = (text: string, scope: PlaceholderScope): string[] =>
  text.split(',').map((word) => {
    const trimmed = word.trim();
    if (!/^#?\w+$/.test(trimmed)) throw new UnsupportedRequest(`projection: ${trimmed}`);
    return scope.name(trimmed);
  });

type Change = (before: Item, after: Item) => Item;

class Reader {
  private readonly tokens: string[];
  private readonly text: string;
  private readonly scope: PlaceholderScope;
  private position = 0;

  constructor(text: string, scope: PlaceholderScope) {
    this.text = text;
    this.scope = scope;
    this.tokens = text.match(/[#:]?\w+|<>|<=|>=|[=<>(),+\-.[\]]/g) ?? [];
    if (this.tokens.join('') !== text.replaceAll(/\s+/g, '')) throw new UnsupportedRequest(text);
  }

  expectEnd(): void {
    if (this.position < this.tokens.length) throw new UnsupportedRequest(`${this.text} (at ${this.peek()})`);
  }

  disjunction(): Condition {
    const parts = [this.conjunction()];
    while (this.accept('OR')) parts.push(this.conjunction());
    return (item) => parts.some((part) => part(item));
  }

  update(): Change[] {
    const changes: Change[] = [];
    while (this.position < this.tokens.length) {
      const clause = this.next().toUpperCase();
      do {
        if (clause === 'SET') changes.push(this.assignment());
        else if (clause === 'REMOVE') changes.push(this.removal());
        else if (clause === 'ADD') changes.push(this.addition());
        else throw new UnsupportedRequest(`${this.text} (${clause})`);
      } while (this.accept(','));
    }
    return changes;
  }

  private assignment(): Change {
    const name = this.topLevelName();
    this.expect('=');
    const value = this.sum();
    return (before, after) => {
      const found = value(before);
      if (!found)
        throw new InvalidExpression('The provided expression refers to an attribute that does not exist');
      return { ...after, [name]: found };
    };
  }

  private removal(): Change {
    const name = this.topLevelName();
    return (_before, { [name]: _, ...rest }) => rest;
  }

  private addition(): Change {
    const name = this.topLevelName();
    const amount = this.operand();
    return (before, after) => ({
      ...after,
      [name]: added(before[name] ?? { N: '0' }, amount(before), 1),
    });
  }

  private sum(): Operand {
    const left = this.operand();
    const sign = this.accept('+') ? 1 : this.accept('-') ? -1 : 0;
    if (sign === 0) return left;
    const right = this.operand();
    return (item) => added(left(item), right(item), sign);
  }

  private conjunction(): Condition {
    const parts = [this.negation()];
    while (this.accept('AND')) parts.push(this.negation());
    return (item) => parts.every((part) => part(item));
  }

  private negation(): Condition {
    if (!this.accept('NOT')) return this.comparison();
    const inner = this.negation();
    return (item) => !inner(item);
  }

  private comparison(): Condition {
    if (this.accept('(')) {
      const inner = this.disjunction();
      this.expect(')');
      return inner;
    }
    const test = this.testFunction();
    if (test) return test;
    const left = this.operand();
    if (this.accept('BETWEEN')) {
      const low = this.operand();
      this.expect('AND');
      const high = this.operand();
      return (item) => compare(left(item), low(item), '>=') && compare(left(item), high(item), '<=');
    }
    if (this.accept('IN')) {
      this.expect('(');
      const values = [this.operand()];
      while (this.accept(',')) values.push(this.operand());
      this.expect(')');
      return (item) => values.some((value) => compare(left(item), value(item), '='));
    }
    const operator = this.next();
    const right = this.operand();
    return (item) => compare(left(item), right(item), operator);
  }

  private testFunction(): Condition | undefined {
    const name = this.peek();
    if (this.tokens[this.position + 1] !== '(') return undefined;
    if (!TESTS.includes(name)) return undefined;
    this.position += 2;
    const subject = this.operand();
    const second = this.accept(',') ? this.operand() : undefined;
    this.expect(')');
    switch (name) {
      case 'attribute_exists':
        return (item) => subject(item) !== undefined;
      case 'attribute_not_exists':
        return (item) => subject(item) === undefined;
      case 'begins_with':
        return (item) => textOf(subject(item))?.startsWith(textOf(second?.(item)) ?? '\0') ?? false;
      case 'contains':
        return (item) => textOf(subject(item))?.includes(textOf(second?.(item)) ?? '\0') ?? false;
      default:
        throw new UnsupportedRequest(`${this.text} (${name})`);
    }
  }

  private operand(): Operand {
    const word = this.next();
    if (word.startsWith(':')) {
      const value = this.scope.value(word);
      return () => value;
    }
    if (word === 'if_not_exists') {
      this.expect('(');
      const first = this.operand();
      this.expect(',');
      const otherwise = this.operand();
      this.expect(')');
      return (item) => first(item) ?? otherwise(item);
    }
    const path = [this.scope.name(word)];
    while (this.accept('.')) path.push(this.scope.name(this.next()));
    return (item) => valueAt(item, path);
  }

  private topLevelName(): string {
    const name = this.scope.name(this.next());
    if (this.peek() === '.' || this.peek() === '[')
      throw new UnsupportedRequest(`${this.text} (a path below ${name})`);
    return name;
  }

  private peek(): string {
    return this.tokens[this.position] ?? '';
  }

  private next(): string {
    const token = this.tokens[this.position];
    if (token === undefined) throw new UnsupportedRequest(`${this.text} (it ends too early)`);
    this.position += 1;
    return token;
  }

  private accept(word: string): boolean {
    if (this.peek().toUpperCase() !== word) return false;
    this.position += 1;
    return true;
  }

  private expect(word: string): void {
    if (!this.accept(word)) throw new UnsupportedRequest(`${this.text} (${word} expected at ${this.peek()})`);
  }
}

const TESTS = ['attribute_exists', 'attribute_not_exists', 'begins_with', 'contains'];
