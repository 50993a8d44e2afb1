import type { StageConfig } from './stage-config.ts';

/** What the account and region of a deployment do not allow, one sentence each. `region` is unknown without credentials. */
export const deploymentProblems = ({ deploy }: StageConfig, region: string | undefined): string[] => {
  const { alarmTopicArn, localCloud } = deploy;
  if (alarmTopicArn === undefined || localCloud || region === undefined) return [];
  const topicRegion = alarmTopicArn.split(':')[3];
  return topicRegion === region
    ? []
    : [
        `"deploy.alarmTopicArn" is a topic in ${topicRegion}, and the stack goes to ${region}; CloudWatch notifies topics of its own region only. Name a topic in ${region}, or deploy to ${topicRegion}.`,
      ];
};

/** What a person should hear who deploys a stage, by the setting that ends it. */
export const deploymentWarnings = ({ deploy }: StageConfig): Readonly<Record<string, string>> =>
  deploy.alarmTopicArn === undefined && !deploy.localCloud
    ? {
        'no-alarm-topic':
          'No alarm notifies anybody: alarms show in CloudWatch only. Create an SNS topic in this region, subscribe to it, and set "deploy.alarmTopicArn" to its ARN.',
      }
    : {};
