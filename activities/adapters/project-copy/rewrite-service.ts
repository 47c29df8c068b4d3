import { listOf, mapOf, namesOf, type Plain, textOf } from './shapes.ts';

/** How gentle a copy is to the machine beside the live project. */
export type CopyLimits = { readonly memoryMegabytes: number };

/** A service as it runs in a copy, without its mounts and its image; and why it may not be copied. */
export type RewrittenService = {
  readonly service: Plain;
  readonly notes: readonly string[];
  readonly refused: readonly string[];
};

/** What stays as it is: only the container itself knows of it. */
const KEPT = (
  'command entrypoint environment user working_dir healthcheck init tty stop_grace_period stop_signal ' +
  'tmpfs shm_size read_only stdin_open expose hostname domainname ulimits sysctls group_add ' +
  'security_opt cap_add cap_drop pid ipc volumes_from'
).split(' ');

/** What a copy must not have, or has in another form; compose has resolved the rest of it. */
const REPLACED = (
  'image build container_name restart ports volumes networks network_mode secrets configs depends_on ' +
  'links profiles extends env_file label_file pull_policy platform deploy scale attach develop ' +
  'isolation annotations logging labels dns dns_opt dns_search mac_address storage_opt stop_timeout ' +
  'mem_limit mem_reservation mem_swappiness memswap_limit oom_score_adj pids_limit oom_kill_disable ' +
  'cpus cpu_shares cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpuset ' +
  'blkio_config cgroup_parent'
).split(' ');

/** What leads out of the copy; it is taken away, and the notes say so. */
const CUT = ['external_links', 'extra_hosts', 'post_start', 'pre_stop'];

/**
 * Takes from a service whatever reaches beyond its own container. A key that is not known is a reason to refuse: nobody
 * has judged whether it shares something.
 */
export const rewriteService = (
  name: string,
  live: Plain,
  chosen: readonly string[],
  limits: CopyLimits,
): RewrittenService => {
  const where = `services.${name}`;
  const refused = [...dangers(where, live, chosen)];
  const notes: string[] = [];
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(live)) {
    if (KEPT.includes(key)) kept[key] = value;
    else if (CUT.includes(key)) notes.push(`${where}.${key} is left out of the copy`);
    else if (key === 'privileged' || key === 'userns_mode' || key === 'uts' || key === 'cgroup') continue;
    else if (key === 'devices' && listOf(value).length === 0) continue;
    else if (!REPLACED.includes(key) && !key.startsWith('x-'))
      refused.push(`${where}.${key} is not known: it may share something with the live project`);
  }
  const service = {
    ...kept,
    restart: 'no',
    mem_limit: `${limits.memoryMegabytes}m`,
    // The live project goes first: for the processor, and when memory runs out.
    cpu_shares: 128,
    oom_score_adj: 500,
    pids_limit: 512,
    // Its log must not go where the live one's does.
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '2' } },
    ...networkOf(name, live),
  };
  return { service, notes, refused };
};

/** The one network of a copy, whatever networks the live service has. */
export const COPY_NETWORK = 'copy';

const networkOf = (name: string, live: Plain): Plain => {
  const mode = textOf(live['network_mode']);
  if (mode === 'none' || mode?.startsWith('service:') === true) return { network_mode: mode };
  const aliases = Object.values(mapOf(live['networks'])).flatMap((network) =>
    namesOf(mapOf(network)['aliases']),
  );
  const container = textOf(live['container_name']);
  const names = [...aliases, ...(container === null ? [] : [container])].filter((alias) => alias !== name);
  return { networks: { [COPY_NETWORK]: names.length === 0 ? null : { aliases: [...new Set(names)] } } };
};

/** What Docker gives every container anyway, or what reaches no further than that. */
const HARMLESS_CAPABILITIES = (
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID ' +
  'SETPCAP SETUID SYS_CHROOT IPC_LOCK'
).split(' ');

const dangers = function* (where: string, live: Plain, chosen: readonly string[]): Generator<string> {
  if (live['privileged'] === true) yield `${where} is privileged`;
  if (listOf(live['devices']).length > 0) yield `${where} uses devices of this machine`;
  for (const key of ['network_mode', 'pid', 'ipc', 'uts', 'userns_mode', 'cgroup']) {
    const value = textOf(live[key]) ?? '';
    if (value === 'host' || value.startsWith('container:')) yield `${where}.${key} is ${value}`;
    const [kind, other = ''] = value.split(':');
    if (kind === 'service' && !chosen.includes(other)) yield `${where}.${key} is ${value}`;
  }
  for (const capability of listOf(live['cap_add']).map((one) => String(one).replace(/^CAP_/, '')))
    if (!HARMLESS_CAPABILITIES.includes(capability)) yield `${where}.cap_add has ${capability}`;
  for (const option of listOf(live['security_opt']).map(String))
    if (!/^no-new-privileges([:=]true)?$/.test(option)) yield `${where}.security_opt has ${option}`;
  for (const from of listOf(live['volumes_from']).map(String))
    if (from.startsWith('container:')) yield `${where}.volumes_from is ${from}`;
};
