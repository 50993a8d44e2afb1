import * as z from 'zod';

// What CloudFormation would put in place of the functions of a template, so that a policy can be compared with what AWS allows.

export const Template = z.object({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Properties: z.looseObject({}).default({}) }),
  ),
});
export type Template = z.infer<typeof Template>;

const HERE = 'us-east-1:123456789012';

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'startframe',
  'AWS::StackId': `arn:aws:cloudformation:${HERE}:stack/startframe/0f0e0d0c-0b0a-0908-0706-050403020100`,
};

/** The ARN of a resource by its type; the logical id stands for its name. */
const ARNS: Readonly<Record<string, (id: string) => string>> = {
  'AWS::ApiGatewayV2::Api': (id) => `arn:aws:apigateway:us-east-1::/apis/${id}`,
  'AWS::DynamoDB::GlobalTable': (id) => `arn:aws:dynamodb:${HERE}:table/${id}`,
  'AWS::Events::EventBus': (id) => `arn:aws:events:${HERE}:event-bus/${id}`,
  'AWS::Events::Rule': (id) => `arn:aws:events:${HERE}:rule/${id}`,
  'AWS::IAM::Role': (id) => `arn:aws:iam::123456789012:role/${id}`,
  'AWS::Lambda::Function': (id) => `arn:aws:lambda:${HERE}:function:${id}`,
  'AWS::Logs::LogGroup': (id) => `arn:aws:logs:${HERE}:log-group:${id}:*`,
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id.toLowerCase()}`,
  'AWS::SQS::Queue': (id) => `arn:aws:sqs:${HERE}:${id}`,
  'AWS::SecretsManager::Secret': (id) => `arn:aws:secretsmanager:${HERE}:secret:${id}`,
  'AWS::StepFunctions::StateMachine': (id) => `arn:aws:states:${HERE}:stateMachine:${id}`,
};

/** Resources whose `Ref` is their ARN; of all others it is a name. */
const REF_IS_ARN = new Set(['AWS::SecretsManager::Secret', 'AWS::StepFunctions::StateMachine']);

const Ref = z.strictObject({ Ref: z.string() });
const GetAtt = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const Join = z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });
const Select = z.strictObject({ 'Fn::Select': z.tuple([z.coerce.number(), z.unknown()]) });
const Split = z.strictObject({ 'Fn::Split': z.tuple([z.string(), z.unknown()]) });

/** A text of a template as it would be after the deployment. @throws Error for a function that is not known here */
export const resolve = (value: unknown, template: Template): string => {
  if (typeof value === 'string') return value;
  const ref = Ref.safeParse(value);
  if (ref.success) return referenced(ref.data.Ref, template);
  const attribute = GetAtt.safeParse(value);
  if (attribute.success) return attributeOf(...attribute.data['Fn::GetAtt'], template);
  const join = Join.safeParse(value);
  if (join.success) {
    const [separator, parts] = join.data['Fn::Join'];
    return parts.map((part) => resolve(part, template)).join(separator);
  }
  const select = Select.safeParse(value);
  if (select.success) {
    const [index, parts] = select.data['Fn::Select'];
    const split = Split.parse(parts)['Fn::Split'];
    return resolve(split[1], template).split(split[0])[index] ?? '';
  }
  throw new Error(`${JSON.stringify(value)} cannot be resolved; add it to tools/aws-checks/arns.ts.`);
};

const typeOf = (id: string, template: Template): string => template.Resources[id]?.Type ?? 'nothing';

const arnOf = (id: string, template: Template): string => {
  const make = ARNS[typeOf(id, template)];
  if (!make)
    throw new Error(
      `${id} is ${typeOf(id, template)}, whose ARN is not known; add it to tools/aws-checks/arns.ts.`,
    );
  return make(id);
};

const referenced = (id: string, template: Template): string =>
  PSEUDO_PARAMETERS[id] ?? (REF_IS_ARN.has(typeOf(id, template)) ? arnOf(id, template) : id);

const attributeOf = (id: string, attribute: string, template: Template): string => {
  if (attribute === 'StreamArn') return `${arnOf(id, template)}/stream/2026-11-21T00:00:00.000`;
  const isArn = /Arn$/.test(attribute) || (attribute === 'Id' && REF_IS_ARN.has(typeOf(id, template)));
  return isArn ? arnOf(id, template) : `${id}.${attribute}`;
};
