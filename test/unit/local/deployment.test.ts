import { reasonOf } from '../../../local/deployment.ts';

test("CloudFormation's own reasons are what a person sees, each once", () => {
  const output = `
startframe-local | 12/65 | 8:32:44 AM | CREATE_COMPLETE      | AWS::IAM::Role  | Good
startframe-local | 13/65 | 8:32:44 AM | CREATE_FAILED        | AWS::SQS::Queue | Uploads (Uploads04B8) Invalid value for VisibilityTimeout
startframe-local | 13/65 | 8:32:44 AM | CREATE_FAILED        | AWS::SQS::Queue | Uploads (Uploads04B8) Invalid value for VisibilityTimeout
❌  startframe-local failed: ToolkitError: The stack failed to deploy
    at deployStack (index.js:1:1)`;
  expect(reasonOf(output)).toBe(
    'AWS::SQS::Queue · Uploads (Uploads04B8) Invalid value for VisibilityTimeout',
  );
});

test('a template that is refused before anything is made shows why', () => {
  const output = `startframe-local: creating stack...
❌  startframe-local failed to deploy
‣ ValidationError: Template format error: Unrecognized resource types: [AWS::Events::Archive]
`;
  expect(reasonOf(output)).toContain('Unrecognized resource types: [AWS::Events::Archive]');
});
