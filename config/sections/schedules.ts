import * as z from 'zod';
import { CALENDARS, type Calendar } from '../calendar.ts';
import { durationField } from '../duration.ts';
import { choiceField, registerField, section, textField, yesNoField } from '../field.ts';

const APPROVAL = 'by and reason, such as { by: Ada, reason: agreed on 4 May }';
const approvalError = { error: APPROVAL };

/** `schedules`: which procedures start by themselves. Times are those of the host's timezone. */
export const schedulesSection = section({
  plannedMaintenance: section({
    ...scheduleKeys('first-sunday', '02:00'),
    notice: durationField({ least: '1m', most: '28d' })
      .prefault('24h')
      .describe(
        'How long before the window its run starts, tells users, prepares and asks for the approval.',
      ),
  })
    .prefault({})
    .describe('The monthly maintenance window: when it opens.'),
  weeklyMaintenance: section({
    ...scheduleKeys('every-sunday', '02:00'),
    approvedBeforehand: section({
      packages: approvalField().describe('Install package upgrades, but none that restarts Docker.'),
      docker: approvalField().describe(
        'Remove unused images, own one-off containers and build cache; never volumes, networks and the containers of others.',
      ),
      database: approvalField().describe('Tidy the database, as long as nobody has to be shut out for it.'),
      logs: approvalField().describe('Rotate the logs.'),
      stop: approvalField().describe(
        'Stop FDTS for a short time, when packages or the database need it and are approved themselves.',
      ),
    })
      .prefault({})
      .describe(
        'What a scheduled run may do with nobody there, by whose word and why. What is null is left to do, and said; a run that a person starts asks that person.',
      ),
  })
    .prefault({})
    .describe('The weekly maintenance. On the days of the monthly window it leaves its steps to that.'),
  backupVerification: scheduleSection('every-saturday', '03:00').describe(
    'The weekly verification of all recent backups: the day before the window may start, so that a bad one is known then.',
  ),
  dailyHealthCheck: scheduleSection('every-day', '09:00').describe('The daily health check.'),
  databasePerformanceCheck: scheduleSection('every-day', '03:45').describe(
    'The daily check of the database: query times, size and growth.',
  ),
  applicationPerformanceCheck: scheduleSection('every-hour', '00:20').describe(
    "The hourly check of the app's response times; of its time only the minutes count.",
  ),
})
  .prefault({})
  .describe("Which procedures start by themselves, in the host's timezone.");

function scheduleSection(calendar: Calendar, at: string) {
  return section(scheduleKeys(calendar, at)).prefault({});
}

function scheduleKeys(calendar: Calendar, at: string) {
  return {
    enabled: yesNoField().prefault(true).describe('Whether the schedule is made.'),
    calendar: choiceField(CALENDARS).prefault(calendar).describe('On which days.'),
    at: textField('a time of day such as 02:00', /^([01]\d|2[0-3]):[0-5]\d$/)
      .prefault(at)
      .describe('At what time.'),
  };
}

function approvalField() {
  const line = () => z.string(approvalError).regex(/^\S(.*\S)?$/, approvalError);
  return registerField(z.strictObject({ by: line(), reason: line() }, approvalError), APPROVAL)
    .nullable()
    .prefault(null);
}
