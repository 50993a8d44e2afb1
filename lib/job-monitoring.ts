import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type AlarmRow, alarmTable, providerAlarm, type Watched } from './alarm-table.ts';

export interface JobMonitoringProps {
  readonly watched: Watched;
  /** Ids of the stage's providers. */
  readonly providers: readonly string[];
  /** The SNS topic that alarms notify; without it they show in CloudWatch only. */
  readonly alarmTopicArn?: string | undefined;
}

/** The alarms of `alarm-table.ts`. Each says who is affected and what to try first, and names its page of the runbook. */
export class JobMonitoring extends Construct {
  constructor(scope: Construct, id: string, { watched, providers, alarmTopicArn }: JobMonitoringProps) {
    super(scope, id);
    for (const row of [...alarmTable, ...providers.map(providerAlarm)]) {
      const { id, metric, affected, tryFirst, runbook } = row;
      const alarm = new Alarm(this, id, {
        ...conditionOf(row),
        metric: metric(watched),
        evaluationPeriods: 1,
        alarmDescription: `${affected} Try first: ${tryFirst} See docs/runbook.md#${runbook}`,
      });
      if (alarmTopicArn !== undefined)
        alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, `${id}Topic`, alarmTopicArn)));
    }
  }
}

const conditionOf = ({ above }: AlarmRow) =>
  above === 'fires on silence'
    ? {
        threshold: 1,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      }
    : {
        threshold: above,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      };
