import { section, wholeNumberField } from '../field.ts';

/** `worker`: the worker process on this host. */
export const workerSection = section({
  healthPort: wholeNumberField(1, 65_535)
    .prefault(9463)
    .describe("Port on loopback of the worker's own health endpoint."),
  metricsPort: wholeNumberField(1, 65_535)
    .nullable()
    .prefault(null)
    .describe('Port on loopback for Prometheus metrics; null for none.'),
})
  .prefault({})
  .describe('The worker process on this host.');
