import { readFile } from 'node:fs/promises';
import { docker } from './docker.ts';

// Linux capabilities in the order of their bit numbers. Later ones are left out: old engines do not know their names, and
// SYS_ADMIN includes them.
const capabilities = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ'
).split(' ');

/**
 * `docker run` arguments that let systemd and a nested engine run in a container. Every capability that this machine has
 * is named one by one: `--privileged` asks for all, and fails where the machine itself is confined.
 */
export async function hostRunArguments(): Promise<readonly string[]> {
  return [
    ...(await grantedCapabilities()).map((name) => `--cap-add=${name}`),
    ...['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'].map(
      (option) => `--security-opt=${option}`,
    ),
    '--device-cgroup-rule=a *:* rwm',
    ...(await cgroupArguments()),
    '--tmpfs=/run',
    '--tmpfs=/run/lock',
  ];
}

async function grantedCapabilities(): Promise<readonly string[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  const bounding = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(status)?.[1] ?? '0'}`);
  return capabilities.filter((_, bit) => (bounding >> BigInt(bit)) & 1n);
}

/** With cgroup v2 systemd needs a tree of its own; with v1 it shares the machine's. */
async function cgroupArguments(): Promise<readonly string[]> {
  const { stdout: version } = await docker(['info', '--format', '{{.CgroupVersion}}']);
  const mount = '--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw';
  return version === '2' ? ['--cgroupns=private', mount] : ['--cgroupns=host', mount];
}
