import type { SandboxHost } from '../sandbox/host.ts';
import type { Environment } from '../setup/bring-up.ts';
import type { Measured, PartName } from './figures/part-result.ts';
import type { BenchSite } from './measure/bench-site.ts';

/** What the parts share; made when the first part needs it. */
export interface Bench {
  /** For what a part puts down; removed at the end. */
  readonly folder: string;
  /** How often each way runs; the part's own number when none was asked for. */
  readonly times: number | undefined;
  /** Server, sandbox host and workers. */
  environment(): Promise<Environment>;
  /** The sandbox host with 1 GB of data in its FDTS; reset by the next part that needs the first day. */
  largeStack(): Promise<SandboxHost>;
  /** The data of a site of some years (525 MB database, 302 MB uploads) on this machine's own disk. */
  site(): Promise<BenchSite>;
}

/** One part of the benchmark. */
export interface BenchPart {
  readonly name: PartName;
  run(bench: Bench): Promise<Measured>;
}
