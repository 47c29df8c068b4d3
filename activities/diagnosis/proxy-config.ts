import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { keepOutput } from '../adapters/command/keep-output.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

/** Whether the proxy's configuration is one that it would start with. */
export function proxyReads({ config, docker }: Pick<Host, 'config' | 'docker'>) {
  /** `nginx -t` in the container of the proxy; what it says stays on the host. */
  const testProxyConfig: Read<Record<string, never>, { readonly checks: readonly CheckResult[] }> = async ({
    signal,
  }) => {
    const check = { name: "the proxy's configuration is valid", expected: 'nginx -t says so' } as const;
    const proxy = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === config.services.proxy,
    );
    if (proxy?.state !== 'running')
      return { checks: [{ ...check, status: 'skipped', got: 'there is no proxy that runs' }] };
    const exec = await docker.createExec(proxy.id, ['nginx', '-t']);
    const said: Buffer[] = [];
    await docker.startExec(exec, (chunk) => said.push(chunk));
    const code = (await docker.waitExec(exec, signal))?.exitCode ?? null;
    // 126 and 127: it is no nginx.
    if (code === 126 || code === 127)
      return { checks: [{ ...check, status: 'skipped', got: 'its container has no nginx program' }] };
    if (code === 0) return { checks: [{ ...check, status: 'pass', got: 'valid' }] };
    const text = Buffer.concat(said).toString('utf8');
    const kept = await keepOutput(commandOutputFolder(config), { stdout: '', stderr: text }).catch(
      () => 'nowhere',
    );
    return {
      checks: [
        {
          ...check,
          status: 'fail',
          got: `exit code ${code}; what it said: sudo cat ${shellQuote(kept)}`,
          answer: 'correct it: a restart of the proxy would not come up',
        },
      ],
    };
  };

  return { testProxyConfig };
}
