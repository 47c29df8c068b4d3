import { execa } from 'execa';

/** What `docker info` said: the engine's version, or why none answers. */
export interface EngineAnswer {
  readonly version?: string;
  readonly problem: string;
}

/** Asks for the engine's version; a client without an engine gives the problem in its own words. */
export async function askEngine(): Promise<EngineAnswer> {
  const info = await execa('docker', ['info', '--format', '{{.ServerVersion}}'], {
    reject: false,
    timeout: 20_000,
  });
  const version = (info.stdout ?? '').trim();
  if (info.exitCode === 0 && version !== '') return { version, problem: '' };
  return {
    problem: (info.stderr || info.shortMessage || 'no answer').trim().split('\n').at(-1) ?? 'no answer',
  };
}
