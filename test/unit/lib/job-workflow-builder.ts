import type { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { NextStep } from '../../../core/kernel/contract.ts';
import { resourcesOf, stage, templateOf } from '../../support/synth.ts';

export const template: Template = templateOf(stage('dev'));

const Retrier = z.object({
  ErrorEquals: z.array(z.string()),
  IntervalSeconds: z.number(),
  MaxAttempts: z.number(),
  BackoffRate: z.number(),
  MaxDelaySeconds: z.number().optional(),
  JitterStrategy: z.string().optional(),
});
const State = z.looseObject({
  Type: z.enum(['Task', 'Choice', 'Wait', 'Succeed']),
  Resource: z.string().optional(),
  Next: z.string().optional(),
  End: z.boolean().optional(),
  Default: z.string().optional(),
  Choices: z.array(z.object({ Variable: z.string(), StringEquals: NextStep, Next: z.string() })).default([]),
  Retry: z.array(Retrier).default([]),
  Catch: z
    .array(z.object({ ErrorEquals: z.array(z.string()), ResultPath: z.string(), Next: z.string() }))
    .default([]),
  TimeoutSeconds: z.number().optional(),
});
type State = z.infer<typeof State>;
const Definition = z.looseObject({ StartAt: z.string(), States: z.record(z.string(), State) });

const Machine = z.looseObject({
  DefinitionString: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.json())]) }),
});
export const machines = [...resourcesOf(template, 'AWS::StepFunctions::StateMachine', Machine).values()];

/** The definition with the ARN of each function in place, named after its file. */
export const definitionText = (machines[0]?.DefinitionString['Fn::Join'][1] ?? [])
  .map((part) => (typeof part === 'string' ? part : arnOf(JSON.stringify(part))))
  .join('');

function arnOf(reference: string): string {
  if (reference === '{"Ref":"AWS::Partition"}') return 'aws';
  const id = /"Fn::GetAtt":\["(\w+)","Arn"\]/.exec(reference)?.[1] ?? '';
  const code = template.findResources('AWS::Lambda::Function')[id]?.Properties.Code.ZipFile ?? '';
  return `arn:aws:lambda:us-east-1:123456789012:function:${code.slice(3)}`;
}

export const { StartAt, States } = Definition.parse(JSON.parse(definitionText));
export const steps = Object.entries(States).filter(
  ([name, { Type }]) => Type === 'Task' && name !== 'AwaitSlot',
);
export const state = (name: string): State => {
  const found = States[name];
  if (!found) throw new Error(`No state ${name}`);
  return found;
};

/** Walks the machine; each step answers with the next of its words. Returns the states entered. */
export const walk = (answers: Record<string, (NextStep | 'throws')[]>): string[] => {
  const path: string[] = [];
  let next: NextStep | undefined;
  let name: string | undefined = StartAt;
  while (name !== undefined && path.length < 200) {
    path.push(name);
    const current: State = state(name);
    if (current.Type === 'Task') {
      const answer: NextStep | 'throws' | undefined = answers[name]?.shift();
      if (answer === 'throws') {
        name = current.Catch[0]?.Next;
        continue;
      }
      next = answer;
    }
    name =
      current.Type === 'Choice'
        ? (current.Choices.find(({ StringEquals }) => StringEquals === next)?.Next ?? current.Default)
        : current.Next;
  }
  return path;
};
