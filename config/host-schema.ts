import type * as z from 'zod';
import { section } from './field.ts';
import type { Freeze } from './freezes.ts';
import { accessLogSection } from './sections/access-log.ts';
import { alertsSection } from './sections/alerts.ts';
import { backupsSection } from './sections/backups.ts';
import { bundleSection } from './sections/bundle.ts';
import { checksSection } from './sections/checks.ts';
import { copiesSection } from './sections/copies.ts';
import { dataSection } from './sections/data.ts';
import { emergencySection } from './sections/emergency.ts';
import { freezesSection } from './sections/freezes.ts';
import { hostSection } from './sections/host.ts';
import { incidentSection } from './sections/incident.ts';
import { maintenanceSection } from './sections/maintenance.ts';
import { notificationsSection } from './sections/notifications.ts';
import { performanceSection } from './sections/performance.ts';
import { projectSection } from './sections/project.ts';
import { recoverySection } from './sections/recovery.ts';
import { schedulesSection } from './sections/schedules.ts';
import { servicesSection } from './sections/services.ts';
import { stateSection } from './sections/state.ts';
import { thresholdsSection } from './sections/thresholds.ts';
import { watchSection } from './sections/watch.ts';
import { weeklySection } from './sections/weekly.ts';
import { workerSection } from './sections/worker.ts';

/**
 * The configuration file of one host: every key, what it means, its default (the runbook's value).
 * The reference page, the example file and the error messages are made from this.
 */
export const hostSchema = section({
  host: hostSection,
  project: projectSection,
  services: servicesSection,
  data: dataSection,
  backups: backupsSection,
  bundle: bundleSection,
  state: stateSection,
  checks: checksSection,
  copies: copiesSection,
  accessLog: accessLogSection,
  thresholds: thresholdsSection,
  performance: performanceSection,
  maintenance: maintenanceSection,
  emergency: emergencySection,
  recovery: recoverySection,
  incident: incidentSection,
  schedules: schedulesSection,
  freezes: freezesSection,
  watch: watchSection,
  alerts: alertsSection,
  weekly: weeklySection,
  notifications: notificationsSection,
  worker: workerSection,
});

/** A host file that fits the schema; paths that follow from others may still be missing. */
export type ParsedHost = z.output<typeof hostSchema>;

/** The configuration of one host, complete: every path absolute, every default filled in. */
export type HostConfig = Omit<ParsedHost, 'backups' | 'notifications' | 'freezes'> & {
  /** The file that it was read from. */
  readonly file: string;
  readonly backups: ParsedHost['backups'] & { readonly scratch: string };
  readonly notifications: ParsedHost['notifications'] & { readonly file: string };
  readonly freezes: readonly Freeze[];
};
