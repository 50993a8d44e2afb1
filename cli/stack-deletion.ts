import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  paginateListStacks,
  type Stack,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import type { StackResource } from './deployed-stack.ts';
import { CliError } from './errors.ts';

// How a stack goes away, and what CloudFormation still knows of it for 90 days after.

/** CloudFormation has no error code for a stack that is not there. */
const isMissing = (error: unknown): boolean => error instanceof Error && /does not exist/.test(error.message);

/** The stack by name or id; nothing for one that is gone. */
export const findStack = async (
  client: CloudFormationClient,
  StackName: string,
): Promise<Stack | undefined> => {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return Stacks.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** The newest deleted stack of this name. */
export const deletedStackId = async (
  client: CloudFormationClient,
  name: string,
): Promise<string | undefined> => {
  for await (const { StackSummaries = [] } of paginateListStacks(
    { client },
    { StackStatusFilter: ['DELETE_COMPLETE'] },
  )) {
    const found = StackSummaries.find(({ StackName }) => StackName === name);
    if (found) return found.StackId;
  }
  return undefined;
};

/** What the deletion of a stack left behind, from its events. Needs cloudformation:DescribeStackEvents. */
export const skippedResources = async (
  client: CloudFormationClient,
  StackName: string,
): Promise<readonly StackResource[]> => {
  const found: StackResource[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName }))
    for (const event of StackEvents)
      if (event.ResourceStatus === 'DELETE_SKIPPED')
        found.push({
          logicalId: event.LogicalResourceId ?? '',
          type: event.ResourceType ?? '',
          physicalId: event.PhysicalResourceId ?? '',
          status: event.ResourceStatus,
        });
  return found;
};

const Template = z.object({
  Resources: z.record(z.string(), z.looseObject({ DeletionPolicy: z.string().optional() })),
});

/** The logical ids of what the template tells CloudFormation to keep. */
export const retainedIds = async (
  client: CloudFormationClient,
  StackName: string,
): Promise<ReadonlySet<string>> => {
  const { TemplateBody = '{"Resources":{}}' } = await client.send(
    new GetTemplateCommand({ StackName, TemplateStage: 'Original' }),
  );
  const { Resources } = Template.parse(JSON.parse(TemplateBody));
  return new Set(
    Object.entries(Resources).flatMap(([id, { DeletionPolicy = '' }]) =>
      DeletionPolicy.startsWith('Retain') ? [id] : [],
    ),
  );
};

/** The owner said yes to the loss of the whole stack, so that its protection has done its work. */
export const unprotectStack = async (
  client: CloudFormationClient,
  { StackName, EnableTerminationProtection }: Stack,
): Promise<void> => {
  if (!EnableTerminationProtection) return;
  await client.send(
    new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
  );
};

const READ_EVERY_MS = 1000;

/** Deletes the stack and waits. Answers why it could not; nothing when it is gone. */
export const deleteStack = async (
  client: CloudFormationClient,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  await client.send(new DeleteStackCommand({ StackName: id }));
  for (;;) {
    const stack = await findStack(client, id);
    if (!stack) return undefined;
    if (stack.StackStatus === 'DELETE_FAILED')
      return stack.StackStatusReason ?? 'CloudFormation gives no reason';
    if (stack.StackStatus !== 'DELETE_IN_PROGRESS')
      throw new CliError(
        `The stack is ${stack.StackStatus}. When that has ended, run the same command again.`,
      );
    await sleep(READ_EVERY_MS, undefined, { signal });
  }
};
