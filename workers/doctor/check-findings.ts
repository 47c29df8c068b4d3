import type { Health } from '../../activities/adapters/app/check-health.ts';
import type { Finding } from '../../client/commands/doctor.ts';
import type { HostConfig } from '../../config/host-schema.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { MachineFacts } from './machine-facts.ts';

/** Whether the checks of the configuration work now, while FDTS is as it should be. Pure. */
export function checkFindings({ checks }: HostConfig, facts: MachineFacts): Finding[] {
  return [
    health('health', 'checks.healthUrl', checks.healthUrl, facts.health),
    ...version(checks.versionField, facts.health),
    health('health through the proxy', 'checks.proxyUrl', checks.proxyUrl, facts.proxyHealth),
    ...passwordFile(checks.login?.passwordFile, facts),
    login(facts.login),
    upload(checks.upload !== null, facts.upload),
  ];
}

function health(name: string, key: string, url: string, answer: Health): Finding {
  if (answer.ok) return { name, status: 'ok', found: `${url} answers ${answer.status}` };
  const getIt = `see whether FDTS runs; then set ${key} to an address of this host that answers 200`;
  return { name, status: 'missing', found: `${url}: ${answer.problem}`, getIt };
}

function version(field: string | null, answer: Health): Finding[] {
  if (field === null || !answer.ok) return [];
  const name = 'version of the app';
  if (answer.version !== null) return [{ name, status: 'ok', found: answer.version }];
  const getIt = "set checks.versionField to the field of the answer's JSON that has it, or to null";
  return [{ name, status: 'missing', found: `no field ${field} in the health answer`, getIt }];
}

function passwordFile(file: string | undefined, { paths, canWorkerReadPassword }: MachineFacts): Finding[] {
  if (file === undefined) return [];
  const name = 'password file';
  const facts = paths[file];
  const getIt = `sudo install -o root -g fdts-ops -m 0640 /dev/stdin ${shellQuote(file)}    # then type the password of the test user, Enter, Ctrl-D`;
  if (facts?.kind !== 'file') return [{ name, status: 'missing', found: `no file ${file}`, getIt }];
  const octal = facts.mode.toString(8).padStart(4, '0');
  const mend = `sudo chown root:fdts-ops ${shellQuote(file)} && sudo chmod 0640 ${shellQuote(file)}`;
  if ((facts.mode & 0o007) !== 0) {
    return [
      { name, status: 'missing', found: `${file} may be read by every user (mode ${octal})`, getIt: mend },
    ];
  }
  if (!canWorkerReadPassword) {
    return [
      { name, status: 'missing', found: `the worker may not read ${file} (mode ${octal})`, getIt: mend },
    ];
  }
  return [{ name, status: 'ok', found: `${file}, mode ${octal}` }];
}

function login(facts: MachineFacts['login']): Finding {
  const name = 'login';
  if (facts === 'works') return { name, status: 'ok', found: 'the test user can log in' };
  if (facts === null) {
    const getIt = 'configure checks.login, so that a window proves it before users are let in';
    return { name, status: 'warning', found: 'not configured: reports say "not proven"', getIt };
  }
  return { name, status: 'missing', found: facts.problem, getIt: facts.hint };
}

function upload(isConfigured: boolean, facts: MachineFacts['upload']): Finding {
  const name = 'upload';
  if (facts === 'works') return { name, status: 'ok', found: 'a test file came back as it was sent' };
  if (!isConfigured) {
    const getIt = 'configure checks.upload, so that a window proves it before users are let in';
    return { name, status: 'warning', found: 'not configured: reports say "not proven"', getIt };
  }
  if (facts === null)
    return { name, status: 'ok', found: 'configured; doctor --smoke tries it with a small file' };
  return { name, status: 'missing', found: facts.problem, getIt: facts.hint };
}
