import { DefaultLogger, type LogLevel, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { type Logger, pino } from 'pino';

const PINO_LEVEL: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** The worker's log: one JSON object per line on standard output, where journald or Docker keep it. */
export function createLogger(role: string): Logger {
  return pino({ base: { role }, redact: ['*.password', '*.token', '*.secret'] });
}

/** Sends the SDK's own log the same way, and opens the metrics port when one is configured. Once per process. */
export function installRuntime(log: Logger, metricsPort: number | null): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) =>
      log[PINO_LEVEL[level]](plain(meta), message),
    ),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      ...(metricsPort === null
        ? {}
        : { metrics: { prometheus: { bindAddress: `127.0.0.1:${metricsPort}` } } }),
    },
  });
}

const NOISE = new Set(['taskToken', 'sdkComponent', 'isLocal', 'namespace']);

// Errors of the SDK carry whole failures; the message is enough here, the rest is in the run's history.
function plain(meta: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {})
      .filter(([key]) => !NOISE.has(key))
      .map(([key, value]) => [key, value instanceof Error ? value.message : value]),
  );
}
