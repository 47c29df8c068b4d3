import { durationField } from '../duration.ts';
import { listField, section, textField, yesNoField } from '../field.ts';

const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/;

/** `maintenance`: how a planned maintenance window is run. */
export const maintenanceSection = section({
  approvalTimeout: durationField({ least: '10s', most: '7d' })
    .prefault('4h')
    .describe('How long a gate waits for a person. Without an answer nothing goes on.'),
  window: durationField({ least: '5m', most: '24h' })
    .prefault('2h')
    .describe('Longest duration of a window. What would not fit is rolled back.'),
  rehearse: yesNoField()
    .prefault(true)
    .describe(
      'Try the new version, and the way back, on a throwaway copy made from a fresh backup before the approval. Without it the plan says that it was not tried.',
    ),
  watch: durationField({ least: '5s', most: '2h' })
    .prefault('60s')
    .describe('How long errors are watched after users are let in again.'),
  stopTimeout: durationField({ least: '1s', most: '10m' })
    .prefault('30s')
    .describe('How long a service may take to stop before it is killed.'),
  healthTimeout: durationField({ least: '5s', most: '30m' })
    .prefault('2m')
    .describe('How long the app may take to become healthy after a start.'),
  packages: section({
    upgrade: yesNoField().prefault(true).describe('Upgrade the packages of the host in the window.'),
    hold: listField(textField('the name of a Debian package such as docker.io', PACKAGE_NAME), 0)
      .prefault([])
      .describe('Packages that a window does not touch.'),
  })
    .prefault({})
    .describe('Packages of the host.'),
  images: section({
    pull: yesNoField().prefault(true).describe('Pull the images of services that come from a registry.'),
    build: yesNoField().prefault(true).describe('Build the images of services with a build section.'),
  })
    .prefault({})
    .describe('Images of the project.'),
  rollbackRetention: durationField({ least: '1d', most: '365d' })
    .prefault('14d')
    .describe('How long the images and the database of before a window are kept.'),
})
  .prefault({})
  .describe('How a planned maintenance window is run.');
