import { httpStatus } from './http-request.ts';

/** A time in which no probe was answered: from the first that failed to the first that was answered again. */
export interface Outage {
  readonly from: Date;
  readonly to: Date;
}

/** What the prober saw; `samples` counts probes. */
export interface ProbeReport {
  readonly downtimeSeconds: number;
  readonly longestOutageSeconds: number;
  readonly samples: number;
  readonly outages: readonly Outage[];
}

/** Asks a URL on new connections until it is stopped. */
export interface Prober {
  start(): void;
  stop(): Promise<ProbeReport>;
}

interface Sample {
  readonly at: number;
  readonly isAnswered: boolean;
}

/** A prober of a URL: up is an answer 2xx within `timeoutMs` (default 1000); probes begin every `everyMs` (default 100), also while earlier ones wait. */
export function createProber(url: string, { everyMs = 100, timeoutMs = 1000 } = {}): Prober {
  const probes: Promise<Sample>[] = [];
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      timer ??= setInterval(() => void probes.push(probe(url, timeoutMs)), everyMs);
    },
    stop: async () => {
      clearInterval(timer);
      timer = undefined;
      return describe(await Promise.all(probes));
    },
  };
}

async function probe(url: string, timeoutMs: number): Promise<Sample> {
  const at = Date.now();
  const status = (await httpStatus(url, timeoutMs)) ?? 0;
  return { at, isAnswered: status >= 200 && status < 300 };
}

function describe(samples: readonly Sample[]): ProbeReport {
  const outages: Outage[] = [];
  let from: number | undefined;
  for (const { at, isAnswered } of samples) {
    if (!isAnswered) from ??= at;
    else if (from !== undefined) {
      outages.push({ from: new Date(from), to: new Date(at) });
      from = undefined;
    }
  }
  const last = samples.at(-1);
  if (from !== undefined && last) outages.push({ from: new Date(from), to: new Date(last.at) });
  const seconds = outages.map((outage) => (outage.to.getTime() - outage.from.getTime()) / 1000);
  return {
    downtimeSeconds: seconds.reduce((sum, each) => sum + each, 0),
    longestOutageSeconds: Math.max(0, ...seconds),
    samples: samples.length,
    outages,
  };
}
