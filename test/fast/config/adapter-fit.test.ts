import { expectTypeOf, test } from 'vitest';
import type { AppClientOptions } from '../../../activities/adapters/app/app-client.ts';
import type { HostConfig } from '../../../config/host-schema.ts';

test('the checks of a host file are what the app client takes', () => {
  expectTypeOf<HostConfig['checks'] & { timeoutMs: number }>().toExtend<AppClientOptions>();
});
