import { featuredStages } from '../../support/stages.ts';
import { templateOf } from '../../support/synth.ts';

// China (aws-cn) and GovCloud (aws-us-gov) have ARNs of another partition, and China has host names of its own.

/** ARNs and host names that the template spells out, without what people read. */
const spelledOut = (value: unknown, pattern: RegExp): string[] => {
  if (typeof value === 'string') return value.match(pattern) ?? [];
  if (Array.isArray(value)) return value.flatMap((each) => spelledOut(each, pattern));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => !['AlarmDescription', 'Description'].includes(name))
    .flatMap(([, inner]) => spelledOut(inner, pattern));
};

describe.each([...featuredStages])('the template of %s', (_name, config) => {
  const template = templateOf(config).toJSON();

  it('spells out no partition, but in the ARN that its settings name', () => {
    const { alarmTopicArn } = config.deploy;
    const found = spelledOut(template.Resources, /\barn:aws[a-z-]*:[^"]*/g);
    expect(found.filter((arn) => arn !== alarmTopicArn)).toEqual([]);
  });

  it('spells out no host name of one partition but of service principals', () => {
    const hosts = spelledOut(template.Resources, /[\w.-]*amazonaws\.com(\.cn)?/g);
    // Service principals are the same in every partition.
    const services =
      /^(apigateway|cloudwatch|delivery\.logs|events|lambda|logging\.s3|scheduler|states|sqs|logs)\.amazonaws\.com$/;
    expect(hosts.filter((host) => !services.test(host))).toEqual([]);
  });
});
