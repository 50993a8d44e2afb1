/** Names of the resources of the simulated stage. */
export const TABLE = 'proof-jobs';
export const buckets = { inbox: 'proof-inbox', frames: 'proof-frames', videos: 'proof-videos' } as const;
export const WORKFLOW = 'arn:aws:states:us-east-1:111122223333:stateMachine:Proof';
export const secretOf = (provider: string): string => `secret-of-${provider}`;

/** The caller of the API: an admin, who may see and operate every job of the stage. */
export const CALLER = 'arn:aws:sts::111122223333:assumed-role/Shop/instance';

export const executionArn = (name: string): string =>
  `${WORKFLOW.replace(':stateMachine:', ':execution:')}:${name}`;

/** Every run begins at the same time, because models have retirement dates. */
export const START = Date.parse('2026-11-21T12:00:00Z');
export const HOUR = 3_600_000;

/** The host of every provider. */
export const PROVIDER_HOST = 'gateway.example';
