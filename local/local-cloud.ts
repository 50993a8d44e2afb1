import type { Progress } from '../cli/progress.ts';
import type { RunningGateway } from '../simulator/server.ts';
import type { CloudAccess, CloudClients } from './cloud-access.ts';
import type { StackOutputs } from './deployment.ts';
import type { Endings } from './endings.ts';
import type { RealGateway, SimulatedOptions } from './gateway-choice.ts';
import type { Stage } from './stage-file.ts';

export interface LocalCloudOptions {
  /** Default 4566. Another port is a second cloud beside the first, with its own folder, outputs and gateway. */
  readonly port?: number | undefined;
  /** A cloud that runs already (AWS_ENDPOINT_URL); only the simulated gateway is started. */
  readonly endpoint?: string | undefined;
  /** Where clouds keep their files; `.local` when left out. The Python environment is always in `.local/venv`. */
  readonly baseFolder?: string | undefined;
  /** Instead of the simulated gateway. */
  readonly gateway?: RealGateway | undefined;
  /** How the simulated gateway behaves: `{ seconds: 1 }` for tests. */
  readonly simulated?: SimulatedOptions | undefined;
  /** Overrides the simulated provider's settings in `stages/local.json`: `{ firstWaitSeconds: 1 }` for tests. */
  readonly providerSettings?: Readonly<Record<string, unknown>> | undefined;
  /** Adds providers at the simulated gateway to those of `stages/local.json`; for tests. */
  readonly moreProviders?: Stage['providers'] | undefined;
  /** Overrides settings of `stages/local.json`: `{ budgets: {} }`; for tests. */
  readonly stageSettings?: Readonly<Record<string, unknown>> | undefined;
  /** Shrinks the Wait states of workflows; only when this call starts the cloud. */
  readonly waitScale?: number | undefined;
  /** Where functions find AWS, when not at the cloud itself: a proxy before it, for tests. Only when this call starts the cloud. */
  readonly functionsEndpoint?: string | undefined;
  readonly progress?: Progress | undefined;
  /** Takes what has to be ended, as it starts. */
  readonly endings?: Endings | undefined;
}

export interface LocalCloud {
  readonly access: CloudAccess;
  readonly clients: CloudClients;
  readonly outputs: StackOutputs;
  readonly outputsFile: string;
  readonly folder: string;
  readonly gatewayUrl: string;
  readonly gatewayKey: string;
  /** The simulated gateway, when this call started it: for its ledger. */
  readonly gateway?: RunningGateway;
  /** Another process started the cloud, and will end it. */
  readonly isShared: boolean;
  /** Ends only what this call started. */
  stop(): Promise<void>;
}
