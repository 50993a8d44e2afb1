import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud } from '../../../local/cloud.ts';
import { Endings } from '../../../local/endings.ts';
import { findFreePort } from '../../../local/ports.ts';
import { ensurePythonEnvironment } from '../../../local/python-environment.ts';
import { listen } from '../../../simulator/http/listen.ts';
import { type CloudGroup, cloudGroups, isCloudGroup, roles } from '../clouds/groups.ts';
import { JoinedCloud } from '../clouds/joined-cloud.ts';
import { takeRoles } from '../clouds/roles.ts';
import { reportRefusal } from '../strict-wire/refusal.ts';
import { startStrictWire } from '../strict-wire/strict-wire.ts';

/** Starts the cloud of a group when the first test file asks for it, and keeps it until the end of the run. */
export interface CloudKeeper {
  readonly url: string;
  stop(): Promise<void>;
}

export const startCloudKeeper = async (): Promise<CloudKeeper> => {
  await ensurePythonEnvironment({ onProgress: (sentence) => process.stderr.write(`${sentence}\n`) });
  const folder = mkdtempSync(join(tmpdir(), 'startframe-e2e-'));
  const endings = new Endings();
  endings.add(() => rmSync(folder, { recursive: true, force: true }));
  const clouds = new Map<CloudGroup, Promise<JoinedCloud>>();
  const cloudOf = (group: CloudGroup): Promise<JoinedCloud> => {
    const cloud = clouds.get(group) ?? startCloud(group, folder, endings);
    clouds.set(group, cloud);
    return cloud;
  };

  const server = createServer(async ({ url = '' }, response) => {
    const group = url.slice(1);
    if (!isCloudGroup(group)) return void response.writeHead(404).end(`There is no group ${group}.`);
    try {
      response.end(JSON.stringify(await cloudOf(group)));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  // Deploying takes longer than Node lets a request wait.
  server.requestTimeout = 0;
  const url = await listen(server, '127.0.0.1', 0);
  endings.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url, stop: () => endings.run() };
};

const startCloud = async (group: CloudGroup, folder: string, endings: Endings): Promise<JoinedCloud> => {
  const baseFolder = join(folder, group);
  mkdirSync(baseFolder);
  const frameOrigin = `http://127.0.0.1:${await lastingPort()}`;
  const options = cloudGroups[group](frameOrigin);
  const port = await lastingPort();
  // The functions reach the cloud through the wire that refuses what AWS refuses.
  const wire = await startStrictWire({ target: `http://127.0.0.1:${port}`, onRefusal: reportRefusal });
  endings.add(() => wire.close());
  const cloud = await startLocalCloud({ port, baseFolder, functionsEndpoint: wire.url, ...options });
  endings.add(() => cloud.stop());
  const { access } = cloud;
  return JoinedCloud.parse({
    ...cloud,
    frameOrigin,
    wireUrl: wire.url,
    roles: await takeRoles(access, roles),
  });
};

/** A free port that no outgoing connection is given meanwhile: those begin at 32,768. */
const lastingPort = async (): Promise<number> => {
  for (;;) {
    const port = await findFreePort(20_000 + Math.floor(Math.random() * 12_000));
    if (port !== undefined) return port;
  }
};
