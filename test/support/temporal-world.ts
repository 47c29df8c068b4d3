import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { chooseTemporalExecutable } from '../../setup/temporal-executable.ts';
import { searchAttributes } from '../../workflows/contracts/search-attributes.ts';
import {
  CONTROL_TASK_QUEUE,
  hostTaskQueue,
  machineTaskQueue,
} from '../../workflows/contracts/task-queues.ts';
import { fakeControl, fakeHost, type OnCall } from './fake-host.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

/** A real Temporal server of its own for one test file. */
export interface TemporalWorld {
  readonly env: TestWorkflowEnvironment;
  /** For the command line: this server, whatever the machine has set. */
  readonly environment: NodeJS.ProcessEnv;
  /** Starts the control worker and the worker of the made-up host `web-1`; they end with the world. */
  readonly startWorkers: (
    answers?: Readonly<Record<string, unknown>>,
    onCall?: OnCall,
    workflows?: URL,
  ) => Promise<void>;
  /** The host's worker ends, as on a host that goes down, and the calls to it wait. */
  readonly hostLeaves: () => Promise<void>;
  readonly hostComesBack: () => Promise<void>;
  /** A worker of the made-up host for one machine's own queue; it ends with the world. */
  readonly machineAppears: (machineId: string) => Promise<void>;
  readonly end: () => Promise<void>;
}

interface Running {
  readonly worker: Worker;
  readonly done: Promise<void>;
}

/** `settings`: of the server, by their names, where a test needs others than its own. */
export async function startTemporalWorld(
  settings: Readonly<Record<string, string>> = {},
): Promise<TemporalWorld> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { path } = await chooseTemporalExecutable();
  const env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      searchAttributes: [...searchAttributes],
      extraArgs: Object.entries(settings).flatMap(([name, value]) => [
        '--dynamic-config-value',
        `${name}=${value}`,
      ]),
    },
  });
  const running: Running[] = [];
  let host: Running | null = null;
  let makeHost: ((taskQueue: string) => Promise<Worker>) | null = null;
  const startOn = async (taskQueue: string) => {
    if (makeHost === null) throw new Error('startWorkers comes first');
    return run(await makeHost(taskQueue));
  };
  const startHost = async () => {
    host = await startOn(hostTaskQueue('web-1'));
  };
  return {
    env,
    environment: {
      TEMPORAL_ADDRESS: env.address,
      TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml',
      FDTS_OPS_UI_URL: 'http://ui.example',
    },
    startWorkers: async (answers, onCall, workflows) => {
      const common = {
        connection: env.nativeConnection,
        // A cancel reaches an activity with its heartbeats: told at once, not after most of their time-out.
        maxHeartbeatThrottleInterval: '100ms',
      } satisfies Partial<WorkerOptions>;
      makeHost = (taskQueue) =>
        Worker.create({ ...common, taskQueue, activities: fakeHost(answers, onCall) });
      const control = await Worker.create({
        ...common,
        taskQueue: CONTROL_TASK_QUEUE,
        workflowBundle: await bundleWorkflows(workflows),
        activities: fakeControl(onCall),
      });
      running.push(run(control));
      await startHost();
    },
    hostLeaves: async () => {
      host?.worker.shutdown();
      await host?.done;
      host = null;
    },
    hostComesBack: startHost,
    machineAppears: async (machineId) => {
      running.push(await startOn(machineTaskQueue(machineId)));
    },
    end: async () => {
      const left = host === null ? running : [...running, host];
      for (const { worker } of left) worker.shutdown();
      await Promise.all(left.map(({ done }) => done));
      await env.teardown();
    },
  };
}

function run(worker: Worker): Running {
  return { worker, done: worker.run() };
}
