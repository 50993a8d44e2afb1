import * as z from 'zod';
import { featuredStages } from '../../support/stages.ts';
import { permissionsOf, resourcesOf, templateOf } from '../../support/synth.ts';

const Attribute = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const Mapping = z.object({
  EventSourceArn: Attribute,
  FunctionName: z.object({ Ref: z.string() }),
});
const LambdaFunction = z.object({ Role: Attribute, RecursiveLoop: z.string().optional() });

/** The functions that may send a message to a queue that is their own event source, and those that say so. */
const loopsOf = (template: ReturnType<typeof templateOf>) => {
  const mappings = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping', Mapping).values()];
  const functions = [...resourcesOf(template, 'AWS::Lambda::Function', LambdaFunction)];
  const sends = (role: string, queue: string): boolean =>
    permissionsOf(template, role).some(
      ({ effect, actions, resources }) =>
        effect === 'Allow' &&
        actions.some((action) => /^(\*|sqs:(\*|Send.*))$/.test(action)) &&
        resources.some((resource) => resource === '"*"' || resource.includes(`"${queue}"`)),
    );
  return {
    looping: functions
      .filter(([id, { Role }]) =>
        mappings.some(
          ({ FunctionName, EventSourceArn }) =>
            FunctionName.Ref === id && sends(Role['Fn::GetAtt'][0], EventSourceArn['Fn::GetAtt'][0]),
        ),
      )
      .map(([id]) => id),
    allowed: functions.filter(([, { RecursiveLoop }]) => RecursiveLoop === 'Allow').map(([id]) => id),
  };
};

// Lambda stops SQS → function → the same queue after about 16 rounds, unless the function says that it means to (Lambda,
// "Use Lambda recursive loop detection").
test.each([...featuredStages])(
  '%s: who may send to the queue it reads says so, and nobody else',
  (_, config) => {
    const { looping, allowed } = loopsOf(templateOf(config));
    expect(looping).toEqual([expect.stringMatching(/^JobBatchesExpandBatch/)]);
    expect(allowed).toEqual(looping);
  },
);
