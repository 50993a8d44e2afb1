import { mkdir } from 'node:fs/promises';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { reachableOutputs } from '../cli/local-stack.ts';
import { type Progress, silentProgress } from '../cli/progress.ts';
import type { RunningGateway } from '../simulator/server.ts';
import { type Assembly, findAssembly, hashInputs, synthesise } from './assembly.ts';
import {
  type CloudAccess,
  type CloudClients,
  connect,
  externalAccess,
  localAccess,
  localEndpoint,
} from './cloud-access.ts';
import { type CloudFolder, cloudFolder, DEFAULT_PORT, defaultBaseFolder } from './cloud-folder.ts';
import { type CloudSecrets, ensureCloudSecrets } from './cloud-secrets.ts';
import {
  bootstrap,
  type Deployed,
  type DeployTarget,
  deploy,
  destroy,
  findAccount,
  findDeployed,
  type StackOutputs,
} from './deployment.ts';
import { Endings } from './endings.ts';
import { takeFileLock } from './file-lock.ts';
import { type ChosenGateway, realGateway, simulatedGateway } from './gateway-choice.ts';
import type { LocalCloud, LocalCloudOptions } from './local-cloud.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { isMiniStackShared, resetMiniStack, startMiniStack } from './ministack.ts';
import { flatOutputs, providerSecretArns, writeOutputs } from './outputs.ts';
import { ensurePythonEnvironment, type PythonEnvironment } from './python-environment.ts';
import { readLocalStage, withRealGateway, withSimulatedGateway, writeStageFile } from './stage-file.ts';

/** Brings up the local cloud with the stack deployed and a gateway. It uses what runs already. */
export const startLocalCloud = async (options: LocalCloudOptions = {}): Promise<LocalCloud> => {
  const endings = options.endings ?? new Endings();
  const port = options.port ?? DEFAULT_PORT;
  const folder = cloudFolder(
    options.baseFolder ?? defaultBaseFolder,
    options.endpoint ?? localEndpoint(port),
    options.endpoint !== undefined || port === DEFAULT_PORT,
  );
  await mkdir(folder.path, { recursive: true });
  const progress = options.progress ?? silentProgress();
  const lock = await takeFileLock(`${folder.path}.lock`, () =>
    progress.say('  Another npm start is bringing this cloud up; waiting for it.'),
  );
  try {
    const secrets = await ensureCloudSecrets(folder.path);
    const access = options.endpoint
      ? externalAccess(options.endpoint, process.env)
      : localAccess(port, secrets);
    return await bringUp({ ...options, progress, endings, port, access, folder, secrets });
  } catch (error) {
    await endings.run();
    throw error;
  } finally {
    lock.release();
  }
};

interface Plan extends Omit<LocalCloudOptions, 'port'> {
  readonly progress: Progress;
  readonly endings: Endings;
  readonly port: number;
  readonly access: CloudAccess;
  readonly folder: CloudFolder;
  readonly secrets: CloudSecrets;
}

const bringUp = async (plan: Plan): Promise<LocalCloud> => {
  const { progress, endings, access, folder } = plan;
  const chosen = plan.gateway
    ? realGateway(plan.gateway)
    : await simulatedGateway(folder.path, plan.port, plan.simulated);
  const stageFile = await writeStage(plan, chosen);
  const inputs = await hashInputs(stageFile);
  const clients = connect(access);
  endings.add(() => destroyClients(clients));

  const python = pythonOnce(progress);
  // The template needs neither Python nor the cloud: on two cores its 3 s cost nothing.
  const [assembly, { isShared, found, target, gateway }] = await Promise.all([
    assemble(plan, stageFile, inputs),
    startParts(plan, chosen, clients, python),
  ]);
  refuseForeignGateway(plan, chosen, found, isShared);
  const outputs = reachableOutputs(
    access,
    isCurrent(found, inputs) ? found.outputs : await deployAnew(plan, target, assembly, found, chosen),
  );
  await giveKey(clients, outputs, chosen.key);
  await writeOutputs(folder.outputsFile, flatOutputs(access, chosen.url, outputs));
  return {
    access,
    clients,
    outputs,
    outputsFile: folder.outputsFile,
    folder: folder.path,
    gatewayUrl: chosen.url,
    gatewayKey: chosen.key,
    ...(gateway ? { gateway } : {}),
    isShared,
    stop: () => endings.run(),
  };
};

const writeStage = async (plan: Plan, chosen: ChosenGateway): Promise<string> => {
  const local = await readLocalStage();
  const stage = plan.gateway
    ? withRealGateway(local, plan.gateway)
    : withSimulatedGateway(local, chosen.url, plan.providerSettings, plan.moreProviders);
  return writeStageFile(plan.folder.path, { ...stage, ...plan.stageSettings });
};

/** Makes the Python environment at the first call. */
const pythonOnce = (progress: Progress): (() => Promise<PythonEnvironment>) => {
  let environment: Promise<PythonEnvironment> | undefined;
  return () => {
    environment ??= progress.step('Python environment', () =>
      ensurePythonEnvironment({ onProgress: (sentence) => progress.say(`  ${sentence}`) }),
    );
    return environment;
  };
};

const assemble = async (plan: Plan, stageFile: string, inputs: string): Promise<Assembly> =>
  (await findAssembly(plan.folder.path, inputs)) ??
  plan.progress.step('Template and bundles (cdk synth)', () =>
    synthesise(plan.folder.path, stageFile, inputs, plan.endings),
  );

interface Parts {
  readonly isShared: boolean;
  readonly found: Awaited<ReturnType<typeof findDeployed>>;
  readonly target: DeployTarget;
  readonly gateway: RunningGateway | undefined;
}

const startParts = async (
  plan: Plan,
  chosen: ChosenGateway,
  clients: CloudClients,
  python: () => Promise<PythonEnvironment>,
): Promise<Parts> => {
  const isShared = await startCloud(plan, python);
  const [gateway, deployed] = await Promise.all([
    startChosenGateway(plan, chosen, python),
    prepareTarget(plan, clients),
  ]);
  return { isShared, gateway, ...deployed };
};

/** Answers whether the cloud belongs to another process. */
const startCloud = async (plan: Plan, python: () => Promise<PythonEnvironment>): Promise<boolean> => {
  if (plan.endpoint !== undefined) return true;
  const { port, folder, waitScale, functionsEndpoint, secrets } = plan;
  const options = { port, folder: folder.path, waitScale, functionsEndpoint, secrets };
  if (await isMiniStackShared(options)) {
    plan.progress.say(`  ✓ Local cloud runs already at ${plan.access.endpoint}`);
    return true;
  }
  const { python: interpreter } = await python();
  await plan.progress.step(`Local cloud at ${plan.access.endpoint}`, () =>
    startMiniStack(interpreter, options, plan.endings),
  );
  return false;
};

const startChosenGateway = async (
  plan: Plan,
  chosen: ChosenGateway,
  python: () => Promise<PythonEnvironment>,
): Promise<RunningGateway | undefined> => {
  if (chosen.isReal) return undefined;
  if (!chosen.start) {
    plan.progress.say(`  ✓ Simulated gateway runs already at ${chosen.url}`);
    return undefined;
  }
  const gateway = await chosen.start((await python()).ffmpeg());
  plan.endings.add(() => gateway.close());
  return gateway;
};

const prepareTarget = async (
  plan: Plan,
  clients: CloudClients,
): Promise<{ found: Parts['found']; target: DeployTarget }> => {
  const { access, endings, folder } = plan;
  const target = { access, clients, endings, folder: folder.path, account: await findAccount(clients) };
  const found = await findDeployed(target);
  if (found === 'unbootstrapped') await plan.progress.step('cdk bootstrap', () => bootstrap(target));
  return { found, target };
};

const isCurrent = (found: Parts['found'], inputs: string): found is Deployed =>
  typeof found === 'object' && found.state === 'done' && found.inputs === inputs;

/** Two runs that share a cloud have to share its gateway: there is one stack, and it knows one gateway. */
const refuseForeignGateway = (
  plan: Plan,
  chosen: ChosenGateway,
  found: Parts['found'],
  isShared: boolean,
): void => {
  if (!isShared || plan.endpoint !== undefined || typeof found !== 'object') return;
  if (found.state !== 'done' || found.gatewayUrl === chosen.url) return;
  throw new LocalCloudError(
    `The cloud on port ${plan.port} belongs to another npm start, which uses the gateway ${found.gatewayUrl}. End that one with Ctrl-C, or start a second cloud: --port ${plan.port + 100}`,
  );
};

const deployAnew = async (
  plan: Plan,
  target: DeployTarget,
  assembly: Assembly,
  found: Parts['found'],
  chosen: ChosenGateway,
): Promise<StackOutputs> => {
  if (typeof found === 'object' && found.state === 'begun') await clearAway(plan, target, assembly);
  return plan.progress.step('cdk deploy', () => deploy(target, assembly, chosen.url));
};

const clearAway = (plan: Plan, target: DeployTarget, assembly: Assembly): Promise<void> =>
  plan.progress.step('Removing a deployment that failed', async () => {
    if (plan.endpoint !== undefined) return destroy(target, assembly);
    await resetMiniStack(plan.access.endpoint, plan.secrets);
    return bootstrap(target);
  });

const giveKey = async ({ secrets }: CloudClients, outputs: StackOutputs, key: string): Promise<void> => {
  for (const SecretId of providerSecretArns(outputs)) {
    await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: key }));
  }
};

const destroyClients = (clients: CloudClients): void => {
  for (const client of Object.values(clients)) client.destroy();
};
