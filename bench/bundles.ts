import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundling } from '../bin/bundling.ts';
import { median, summary, timeCommand } from './statistics.ts';

const RUNS = [1, 2, 3, 4, 5, 6, 7];

/** The base cost of a function: the three clients that most functions have, and nothing else. */
const bundleSdk = (outfile: string): string => {
  const contents = `
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
    import { DynamoDBDocumentClient, GetCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
    import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
    import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
    export const clients = [S3Client, SFNClient, DynamoDBDocumentClient.from(new DynamoDBClient({}))];
    export const commands = [GetCommand, QueryCommand, TransactWriteCommand, HeadObjectCommand, StartExecutionCommand];`;
  buildSync({ ...bundling, stdin: { contents, resolveDir: import.meta.dirname }, outfile });
  return outfile;
};

/** The size of each function's bundle, and the time that a new process takes to load it: a cold start without Lambda's part. */
export const benchBundles = (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-bench-'));
  try {
    timeCommand('cdk', ['synth', '--quiet', '-c', 'stage=dev', '--output', folder]);
    const bundles = join(folder, 'bundles');
    const nodeItself = RUNS.map(() => timeCommand('node', ['-e', '0']) * 1000);
    const row = (file: string): Record<string, unknown> => {
      const load = () => timeCommand('node', ['-e', `require(${JSON.stringify(file)})`]) * 1000;
      load();
      const taken = RUNS.map(load);
      return {
        kB: Math.round(statSync(file).size / 1000),
        ...summary(taken, 0),
        import: Math.round(median(taken) - median(nodeItself)),
      };
    };
    const rows: Record<string, unknown> = {
      '(node itself)': { kB: 0, ...summary(nodeItself, 0), import: 0 },
    };
    rows['(the SDK alone)'] = row(bundleSdk(join(folder, 'sdk.js')));
    for (const name of readdirSync(bundles).sort()) rows[name] = row(join(bundles, name, 'index.js'));
    console.log(
      '\nbundles: size, and milliseconds to start node and load one, of 7 runs after a warm-up; import is the median without node itself',
    );
    console.table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
