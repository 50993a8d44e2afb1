import * as z from 'zod';
import type { Table } from '../test/simulation/world/dynamodb/table.ts';
import type { Item } from '../test/simulation/world/dynamodb/values.ts';
import { indexUnits, readUnits, writeUnits } from './table-units.ts';

const Native = z.record(z.string(), z.unknown());
const Key = z.object({ pk: z.string(), sk: z.string() });
const Write = z.union([
  z.object({ Put: z.object({ Item: Key }) }).transform(({ Put }) => Put.Item),
  z.object({ Update: z.object({ Key }) }).transform(({ Update }) => Update.Key),
  z.object({ Delete: z.object({ Key }) }).transform(({ Delete }) => Delete.Key),
]);
/** The keys of the items that a command writes. */
const Written = z.union([
  z.object({ TransactItems: z.array(Write) }).transform(({ TransactItems }) => TransactItems),
  z.object({ Item: Key }).transform(({ Item: item }) => [item]),
  z.object({ Key }).transform(({ Key: key }) => [key]),
]);
/** The items of an answer. DynamoDB counts them together, but those of a batch one by one. */
const Answered = z.union([
  z.object({ Items: z.array(Native) }).transform(({ Items }) => [Items]),
  z
    .object({ Responses: z.record(z.string(), z.array(Native)) })
    .transform(({ Responses }) => Object.values(Responses).flatMap((items) => items.map((item) => [item]))),
  z.object({ Item: Native.optional() }).transform(({ Item: item }) => [item ? [item] : []]),
]);

const Batch = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(Key) })) });

const isReading = (command: string): boolean => /^(Get|Query|BatchGet)/.test(command);

/** Counts the requests to a table and the units that they would be charged for. */
export class TableMeter {
  reads = 0;
  writes = 0;
  readUnits = 0;
  writeUnits = 0;
  private readonly table: Table;

  constructor(table: Table, isCounted: () => boolean) {
    this.table = table;
    const send = table.send.bind(table);
    table.send = (command, input, options) => {
      if (!isCounted()) return send(command, input, options);
      return isReading(command)
        ? this.read(input, send(command, input, options))
        : this.write(command, input, () => send(command, input, options));
    };
  }

  private read(input: unknown, answer: unknown): unknown {
    this.reads += 1;
    const answered = Answered.parse(answer);
    const asked = Object.values(Batch.safeParse(input).data?.RequestItems ?? {}).flatMap(({ Keys }) => Keys);
    const missing = Math.max(0, asked.length - answered.length);
    this.readUnits += answered.reduce((sum, items) => sum + readUnits(items), missing * readUnits([]));
    return answer;
  }

  /** DynamoDB also charges for a write whose condition fails. */
  private write(command: string, input: unknown, send: () => unknown): unknown {
    const keys = Written.parse(input);
    const before = keys.map((key) => this.find(key));
    try {
      return send();
    } finally {
      this.writes += 1;
      const times = command.startsWith('Transact') ? 2 : 1;
      for (const [index, key] of keys.entries()) {
        const after = this.find(key);
        this.writeUnits += times * writeUnits(before[index], after) + indexUnits(before[index], after);
      }
    }
  }

  private find({ pk, sk }: z.infer<typeof Key>): Item | undefined {
    return [...this.table.raw].find((item) => item.pk?.S === pk && item.sk?.S === sk);
  }
}
