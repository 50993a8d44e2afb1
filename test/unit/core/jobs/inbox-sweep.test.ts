import fc from 'fast-check';
import {
  afterPage,
  dropsWithin,
  firstInboxSweep,
  type InboxSweep,
  windowOf,
} from '../../../../core/jobs/inbox-sweep.ts';
import type { ListedVersion } from '../../../../core/jobs/missed-drops.ts';
import { plusSeconds } from '../../../../core/kernel/time.ts';

const NOW = '2026-12-01T12:00:00.000Z';
const ago = (seconds: number) => plusSeconds(NOW, -seconds);
const HOUR = 3600;

const version = (writtenAt = ago(HOUR), changes: Partial<ListedVersion> = {}): ListedVersion => ({
  key: 'shoe.png',
  versionId: 'v1',
  bytes: 9,
  writtenAt: new Date(writtenAt),
  isLatest: true,
  ...changes,
});
const old: InboxSweep = {
  revision: 3,
  since: ago(400 * HOUR),
  checkedUntil: ago(100 * HOUR),
  roundStartedAt: NOW,
};
const taken = (one: ListedVersion, sweep = old) =>
  dropsWithin('inbox', [one], windowOf(sweep, NOW)).map(({ key }) => key);

test.each<[string, string, boolean]>([
  ['an hour old', ago(HOUR), true],
  ['so young that its event may come', ago(599), false],
  ['ten minutes old', ago(600), true],
  ['almost 48 hours old', ago(48 * HOUR - 1), true],
  ['48 hours old', ago(48 * HOUR), false],
])('a drop that is %s', (_, writtenAt, isTaken) => {
  expect(taken(version(writtenAt))).toHaveLength(isTaken ? 1 : 0);
});

test('an older version is no drop', () => {
  expect(taken(version(ago(HOUR), { isLatest: false }))).toEqual([]);
});

test('nothing that was there before the stage is taken, but what was dropped while it was deployed is', () => {
  const first = firstInboxSweep(NOW);
  expect(taken(version(ago(HOUR)), first)).toEqual([]);
  expect(taken(version(ago(HOUR - 1)), first)).toEqual(['shoe.png']);
});

test('what was checked is not checked again, but for uploads of several parts', () => {
  const sweep = { ...old, checkedUntil: ago(2 * HOUR) };
  expect(windowOf(sweep, NOW)).toEqual({ from: ago(3 * HOUR), to: ago(600) });
});

test('a round of several sweeps goes on where it stopped, and says at its end how far it came', () => {
  const next = { key: 'k', versionId: 'v' };
  const halfway = afterPage({ ...old, roundStartedAt: ago(300) }, { next, hasFailed: false }, NOW);
  expect(halfway).toEqual({ ...old, roundStartedAt: ago(300), cursor: next });
  const ended = afterPage(halfway, { next: undefined, hasFailed: false }, NOW);
  expect(ended).toEqual({ ...old, roundStartedAt: NOW, checkedUntil: ago(900) });
});

test('a round in which a drop failed is done again', () => {
  const next = { key: 'k', versionId: 'v' };
  const halfway = afterPage(old, { next, hasFailed: true }, NOW);
  const ended = afterPage(halfway, { next: undefined, hasFailed: false }, NOW);
  expect(ended).toEqual({ ...old, roundStartedAt: NOW });
});

test('every drop is checked once it is old enough, however long rounds take', () => {
  fc.assert(
    fc.property(
      // Minutes between sweeps, and how many pages the list has at each.
      fc.array(fc.tuple(fc.integer({ min: 4, max: 30 }), fc.integer({ min: 1, max: 3 })), { minLength: 60 }),
      fc.integer({ min: 0, max: 120 }),
      (sweeps, droppedMinute) => {
        const drop = version(plusSeconds(NOW, droppedMinute * 60));
        let sweep = firstInboxSweep(NOW);
        let minute = 0;
        let page = 0;
        let isTaken = false;
        for (const [minutes, pages] of sweeps) {
          minute += minutes;
          const now = plusSeconds(NOW, minute * 60);
          page += 1;
          const isLast = page >= pages;
          // It is on the first page of the list, which is read at the start of a round.
          if (page === 1 && drop.writtenAt.toISOString() <= now)
            isTaken ||= dropsWithin('inbox', [drop], windowOf(sweep, now)).length > 0;
          const next = isLast ? undefined : { key: 'k', versionId: 'v' };
          sweep = afterPage(sweep, { next, hasFailed: false }, now);
          if (isLast) page = 0;
        }
        const hadTime = minute > droppedMinute + 10 + 4 * 30;
        return isTaken || !hadTime;
      },
    ),
  );
});
