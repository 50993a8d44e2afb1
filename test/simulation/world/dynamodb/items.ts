import { type Attribute, InvalidExpression, type Item } from './values.ts';

/** A text or number as text; empty for none. */
export const textOf = (value: Attribute | undefined): string => String(value?.S ?? value?.N ?? '');

/** The item's key as one text. */
export const idOf = (item: Item): string => {
  const { pk, sk } = item;
  if (!textOf(pk) || !textOf(sk))
    throw new InvalidExpression('The provided key element does not match the schema');
  return `${textOf(pk)}\0${textOf(sk)}`;
};

/** The named attributes of an item; all without names. */
export const project = (item: Item, names: readonly string[] | undefined): Item =>
  names ? Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name))) : item;
