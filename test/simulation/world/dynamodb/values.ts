import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A value as DynamoDB writes it: `{ S: "text" }`. */
export type Attribute = AttributeValue;
export type Item = Readonly<Record<string, Attribute>>;

export class UnsupportedRequest extends Error {
  override readonly name = 'NotUnderstood';
}

/** DynamoDB answers this with a `ValidationException`. */
export class InvalidExpression extends Error {
  override readonly name = 'InvalidExpression';
}

export const valueAt = (item: Item, path: readonly string[]): Attribute | undefined => {
  const [name = '', ...below] = path;
  return below.reduce<Attribute | undefined>((value, each) => value?.M?.[each], item[name]);
};

export const textOf = (value: Attribute | undefined): string | undefined => value?.S;

/** Values of different types are neither equal nor ordered. */
export const compare = (
  left: Attribute | undefined,
  right: Attribute | undefined,
  operator: string,
): boolean => {
  if (!left || !right) return false;
  if (operator === '=') return JSON.stringify(left) === JSON.stringify(right);
  if (operator === '<>') return JSON.stringify(left) !== JSON.stringify(right);
  const order = orderOf(left, right);
  if (order === undefined) return false;
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      throw new UnsupportedRequest(`operator ${operator}`);
  }
};

const orderOf = (left: Attribute, right: Attribute): number | undefined => {
  if (left.N !== undefined && right.N !== undefined) return Number(left.N) - Number(right.N);
  if (left.S !== undefined && right.S !== undefined)
    return Buffer.compare(Buffer.from(left.S), Buffer.from(right.S));
  return undefined;
};

export const added = (left: Attribute | undefined, right: Attribute | undefined, sign: number): Attribute => {
  if (left?.N === undefined || right?.N === undefined)
    throw new InvalidExpression('An operand in the update expression has an incorrect data type');
  return { N: String(Number(left.N) + sign * Number(right.N)) };
};
