import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import type { Target } from './target.ts';

const Resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});

/** What `lib/stage-facts.ts` writes into the template for people who have only the stack. */
const StageFacts = z.object({
  stage: z.string(),
  localCloud: z.boolean(),
  admins: z.int(),
  budgets: z.object({
    dailyDollars: z.number().optional(),
    owners: z.int(),
    assumedPriceDollars: z.number().optional(),
  }),
  providers: z.record(z.string(), z.object({ maxInFlight: z.number().optional() })),
});
export type StageFacts = z.infer<typeof StageFacts>;

const Template = z.object({
  Metadata: z.object({ Startframe: StageFacts.optional().catch(undefined) }).optional(),
  Resources: z.record(z.string(), Resource),
});

/** A stack as it is deployed: its template, and since when it exists. */
export interface DeployedStack {
  readonly name: string;
  readonly createdAt: Date;
  /** Missing for a stack of an older release. */
  readonly facts: StageFacts | undefined;
  /** The properties of all resources of a type. */
  resources(type: string): readonly Readonly<Record<string, unknown>>[];
}

/** Needs cloudformation:GetTemplate and cloudformation:DescribeStacks. */
export const readDeployedStack = async (
  { aws }: Pick<Target, 'aws'>,
  name: string,
): Promise<DeployedStack> => {
  const client = new CloudFormationClient(aws);
  const [{ Stacks = [] }, { TemplateBody = '{}' }] = await Promise.all([
    client.send(new DescribeStacksCommand({ StackName: name })),
    client.send(new GetTemplateCommand({ StackName: name, TemplateStage: 'Original' })),
  ]);
  const { Metadata, Resources } = Template.parse(JSON.parse(TemplateBody));
  return {
    name,
    createdAt: Stacks[0]?.CreationTime ?? new Date(0),
    facts: Metadata?.Startframe,
    resources: (type) =>
      Object.values(Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : [])),
  };
};

/** One resource of a stack, by the names that the template and AWS have for it. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly status: string;
}

/** Every resource of a stack. Needs cloudformation:ListStackResources. */
export const listResources = async (
  { aws }: Pick<Target, 'aws'>,
  stack: string,
): Promise<readonly StackResource[]> => {
  const client = new CloudFormationClient(aws);
  const found: StackResource[] = [];
  for (let next: string | undefined, isMore = true; isMore; isMore = next !== undefined) {
    const page = await client.send(
      new ListStackResourcesCommand({ StackName: stack, ...(next === undefined ? {} : { NextToken: next }) }),
    );
    for (const one of page.StackResourceSummaries ?? [])
      found.push({
        logicalId: one.LogicalResourceId ?? '',
        type: one.ResourceType ?? '',
        physicalId: one.PhysicalResourceId ?? '',
        status: one.ResourceStatus ?? '',
      });
    next = page.NextToken;
  }
  return found;
};
