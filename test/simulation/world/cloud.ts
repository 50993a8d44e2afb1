import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { simulatedContext } from './context.ts';
import type { Scheduler } from './scheduler.ts';

/** AWS as one simulation has it. */
export interface Cloud {
  send(command: string, input: unknown, client: object, signal: AbortSignal | undefined): Promise<unknown>;
  /** The error that the SDK throws after its last retry. */
  failure(command: string, hadEffect: boolean): Error;
}

const clouds = new WeakMap<Scheduler, Cloud>();

export const openCloud = (scheduler: Scheduler, cloud: Cloud): void => {
  clouds.set(scheduler, cloud);
};

interface Sender {
  send: (...given: never[]) => unknown;
}

const isSender = (value: unknown): value is Sender =>
  typeof value === 'object' && value !== null && 'send' in value && typeof value.send === 'function';

/** The base class of every client of the SDK. */
const senderOf = (client: { readonly prototype: object }): Sender => {
  const base: unknown = Object.getPrototypeOf(client.prototype);
  if (!isSender(base)) throw new Error('The SDK clients have no common base class any more.');
  return base;
};

/** From now on the simulation answers AWS calls of its code. Returns the undo. */
export const installCloud = (): (() => void) => {
  const sender = senderOf(S3Client);
  if (senderOf(DynamoDBDocumentClient) !== sender)
    throw new Error('The document client has another base class now.');
  const real = sender.send;
  sender.send = function send(this: object, ...given: unknown[]): unknown {
    const where = simulatedContext.getStore();
    const cloud = where && clouds.get(where.scheduler);
    const [command, options] = given;
    if (!where || !cloud || !isCommand(command)) return Reflect.apply(real, this, given);
    const name = command.constructor.name;
    const answer = () => cloud.send(name, command.input, this, signalOf(options));
    return where.invocation
      ? where.invocation.call(name.replace(/Command$/, ''), answer, (hadEffect) =>
          cloud.failure(name, hadEffect),
        )
      : answer();
  };
  return () => {
    sender.send = real;
  };
};

const isCommand = (value: unknown): value is { readonly input: unknown } =>
  typeof value === 'object' && value !== null && 'input' in value;

const signalOf = (options: unknown): AbortSignal | undefined => {
  if (typeof options !== 'object' || options === null || !('abortSignal' in options)) return undefined;
  return options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
};
