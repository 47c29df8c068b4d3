import { expect, test } from 'vitest';
import { bundleBeside } from '../../../activities/adapters/configuration-bundle/bundle-beside.ts';

test('the bundle carries the time of its archive, in the same folder', () => {
  expect(bundleBeside('/mnt/external/fdts_backup_20260104_020000.tar.gz')).toBe(
    '/mnt/external/fdts_config_20260104_020000.tar.age',
  );
});
