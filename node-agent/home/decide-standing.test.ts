import { describe, expect, test } from 'vitest';
import { decideStanding, NO_MEMORY } from './decide-standing.ts';
import type { Ruled, StandingMemory } from './decide-standing.ts';
import type { GpuSignal, HomeSignals } from './home-signals.ts';
import { applyPatch, defaultRules } from './lending-rules.ts';
import type { Level, RulesPatch } from './lending-rules.ts';

const GB = 2 ** 30;
const CALM: HomeSignals = {
  gpus: [],
  openApps: [],
  inputIdleS: 1000,
  battery: { isOnBattery: false, chargePercent: null },
  isMetered: false,
  memory: { availableBytes: 8 * GB, totalBytes: 16 * GB, stalledPercent: 0 },
  diskFreeBytes: 100 * GB,
  trafficBytes: 0,
  jobsToday: 0,
};
const UNKNOWN: HomeSignals = {
  gpus: null,
  openApps: null,
  inputIdleS: null,
  battery: null,
  isMetered: null,
  memory: null,
  diskFreeBytes: null,
  trafficBytes: null,
  jobsToday: null,
};
const CARD: GpuSignal = {
  index: 0,
  name: 'RTX',
  utilisation: 0,
  othersPercent: 0,
  videoPercent: 0,
  oursBytes: 8 * GB,
  othersBytes: 1 * GB,
  totalBytes: 12 * GB,
  temperatureC: 50,
  powerW: 100,
  fanPercent: 30,
};

/** A home whose seconds go by one by one. */
class Home {
  #memory: StandingMemory = NO_MEMORY;
  #nowS = 0;
  #rules: ReturnType<typeof defaultRules>;
  level: Level = 'full';

  constructor(patch: RulesPatch = {}) {
    this.#rules = applyPatch(defaultRules(16 * GB), patch);
  }

  /** Plays signals for so long, and gives what holds at the end. */
  play(signals: Partial<HomeSignals>, seconds = 1): readonly Ruled[] {
    let ruled: readonly Ruled[] = [];
    for (let i = 0; i < seconds; i++) {
      this.#nowS += 1;
      const schedule = { level: this.level, nextChangeAt: 900_000_000, midnightAt: 950_000_000 };
      const now = { nowMs: this.#nowS * 1000, wallAt: 1000 + this.#nowS * 1000 };
      const facts = { signals: { ...CALM, ...signals }, rules: this.#rules, schedule, previous: this.#memory };
      const decided = decideStanding({ ...facts, ...now });
      this.#memory = decided.memory;
      ruled = decided.ruled;
    }
    return ruled;
  }

  reasons(signals: Partial<HomeSignals>, seconds = 1): string {
    return this.play(signals, seconds)
      .map(({ reason, stage }) => `${reason}/${stage}`)
      .join();
  }
}

const card = (change: Partial<GpuSignal>): Pick<HomeSignals, 'gpus'> => ({ gpus: [{ ...CARD, ...change }] });

test('a calm machine works, and one of which nothing is known works too', () => {
  expect(new Home().reasons({}, 10)).toBe('');
  expect(new Home({ input: { whenActive: 'off' }, line: { dailyMb: 1 } }).reasons(UNKNOWN, 700)).toBe('');
});

describe('a program that is to be undisturbed', () => {
  const game = { openApps: [{ name: 'game', does: 'pause' as const }] };

  test('pauses at once, by its name, and is over only after quiet', () => {
    const home = new Home();
    expect(home.play(game)).toMatchObject([{ reason: 'exclusive-app', stage: 'off', detail: 'game', untilAt: null }]);
    home.play(game, 600);
    expect(home.play({}, 119)).toMatchObject([{ reason: 'exclusive-app', untilAt: expect.any(Number) }]);
    expect(home.reasons({}, 2)).toBe('');
  });

  test('is told since when, and when it ends at the soonest', () => {
    const home = new Home();
    const [first] = home.play(game);
    expect(first?.sinceAt).toBe(2000);
    const [last] = home.play({}, 20);
    expect(last?.untilAt).toBe(1000 + 2000 + 120_000);
  });

  test('that comes back soon after has to be away twice as long each time, up to sixteen times', () => {
    const home = new Home({ quietS: 10 });
    const waits = Array.from({ length: 7 }, () => {
      home.play(game);
      for (let s = 1; ; s++) if (home.reasons({}) === '') return s - 1;
    });
    expect(waits).toEqual([10, 20, 40, 80, 160, 160, 160]);
    home.play({}, 601);
    home.play(game);
    expect(home.reasons({}, 11)).toBe('');
  });

  test('one of the list of renderings lets running jobs end, one of the eco list only takes slots', () => {
    expect(new Home().reasons({ openApps: [{ name: 'ffmpeg', does: 'finish' }] })).toBe('exclusive-app/finish');
    expect(new Home().reasons({ openApps: [{ name: 'obs', does: 'eco' }] })).toBe('exclusive-app/eco');
  });
});

describe('the card in use by others', () => {
  test('counts after five seconds, not for a moment', () => {
    const home = new Home();
    expect(home.reasons(card({ othersPercent: 90 }), 4)).toBe('');
    expect(home.reasons(card({}))).toBe('');
    expect(home.reasons(card({ othersPercent: 20 }), 6)).toBe('gpu-in-use/off');
  });

  test('is over below half the mark, and not while it is unknown', () => {
    const home = new Home({ quietS: 10 });
    home.play(card({ othersPercent: 90 }), 6);
    expect(home.reasons(card({ othersPercent: 15 }), 60)).toBe('gpu-in-use/off');
    expect(home.reasons(card({ othersPercent: null }), 60)).toBe('gpu-in-use/off');
    expect(home.reasons(card({ othersPercent: 5 }), 11)).toBe('');
  });

  test('a film counts also while our own work hides what others compute', () => {
    expect(new Home().reasons(card({ othersPercent: null, videoPercent: 12 }), 6)).toBe('gpu-in-use/off');
    expect(new Home({ gpu: { videoPercent: null } }).reasons(card({ othersPercent: 0, videoPercent: 12 }), 60)).toBe(
      '',
    );
  });

  test('a pause whose signal is gone for good ends after ten minutes', () => {
    const home = new Home();
    home.play(card({ othersPercent: 90 }), 6);
    expect(home.reasons({ gpus: null }, 599)).toBe('gpu-in-use/off');
    expect(home.reasons({ gpus: null }, 5)).toBe('');
  });

  test('of several cards only those with our models matter; without any of ours all do', () => {
    const other = { ...CARD, index: 1, oursBytes: 0, othersPercent: 90, temperatureC: 95 };
    expect(new Home().reasons({ gpus: [CARD, other] }, 10)).toBe('');
    const none = [{ ...CARD, oursBytes: 0 }, other];
    expect(new Home().reasons({ gpus: none }, 10)).toBe('temperature/off,gpu-in-use/off');
  });

  test('after our models left a card for a game it is still the card that matters', () => {
    const home = new Home({ quietS: 10 });
    const free = { ...CARD, index: 1, oursBytes: 0, othersPercent: 0 };
    home.play({ gpus: [{ ...CARD, othersPercent: 90 }, free] }, 6);
    expect(home.reasons({ gpus: [{ ...CARD, oursBytes: 0, othersPercent: 90 }, free] }, 60)).toBe('gpu-in-use/off');
  });
});

describe('memory', () => {
  test('a model that fills its card is no reason to pause', () => {
    expect(new Home().reasons(card({ oursBytes: 10.8 * GB, othersBytes: 0.6 * GB }), 60)).toBe('');
  });

  test('what others take of the reserve is, at once; it is over when ours would fit beside theirs again', () => {
    const home = new Home({ quietS: 10 });
    home.play(card({ oursBytes: 9 * GB, othersBytes: 1 * GB }));
    expect(home.reasons(card({ oursBytes: 9 * GB, othersBytes: 2.5 * GB }))).toBe('memory/off');
    // Our own model has left, so there is room now, but not for it.
    expect(home.reasons(card({ oursBytes: 0, othersBytes: 2.5 * GB }), 60)).toBe('memory/off');
    expect(home.reasons(card({ oursBytes: 0, othersBytes: 1.1 * GB }), 11)).toBe('');
  });

  test('a machine that runs short pauses, by what is available and by how long programs wait for it', () => {
    const least = { availableBytes: 0.5 * GB, totalBytes: 16 * GB, stalledPercent: null };
    expect(new Home().reasons({ memory: least })).toBe('memory/off');
    expect(new Home().reasons({ memory: { ...least, availableBytes: 4 * GB, stalledPercent: 30 } })).toBe('memory/off');
  });
});

describe('heat and power', () => {
  test('83 degrees pause at once; 76 hold, 75 let it work after quiet', () => {
    const home = new Home({ quietS: 5 });
    expect(home.play(card({ temperatureC: 84 }))).toMatchObject([{ reason: 'temperature', detail: '84 °C' }]);
    expect(home.reasons(card({ temperatureC: 76 }), 60)).toBe('temperature/off');
    expect(home.reasons(card({ temperatureC: 74 }), 6)).toBe('');
  });

  test('no limit on heat where the owner wants none, and none of what is unknown', () => {
    expect(new Home({ heat: { maxC: null } }).reasons(card({ temperatureC: 99 }), 5)).toBe('');
    expect(new Home().reasons(card({ temperatureC: null }), 5)).toBe('');
  });

  test('above its watts or its fan it takes fewer jobs, above those of eco none', () => {
    const power = { fullW: 200, ecoW: 300, fullFanPercent: 60 };
    expect(new Home({ power }).reasons(card({ powerW: 250 }), 11)).toBe('power-cap/eco');
    expect(new Home({ power }).reasons(card({ fanPercent: 80 }), 11)).toBe('power-cap/eco');
    expect(new Home({ power }).reasons(card({ powerW: 310 }), 11)).toBe('power-cap/off,power-cap/eco');
    expect(new Home({ power }).reasons(card({ powerW: 250 }), 9)).toBe('');
  });
});

describe('battery, line and counts', () => {
  const drained = { battery: { isOnBattery: true, chargePercent: 80 } };

  test('battery pauses at once and is over ten seconds after the plug', () => {
    const home = new Home();
    expect(home.play(drained)).toMatchObject([{ reason: 'battery', stage: 'off', detail: '80 %' }]);
    expect(home.reasons({}, 10)).toBe('battery/off');
    expect(home.reasons({}, 1)).toBe('');
  });

  test('an owner may allow it, in part or until it is low', () => {
    expect(new Home({ battery: { onBattery: 'eco' } }).reasons(drained)).toBe('battery/eco');
    const low = { battery: { isOnBattery: true, chargePercent: 20 } };
    expect(new Home({ battery: { onBattery: 'eco' } }).reasons(low)).toBe('battery/off,battery/eco');
    expect(new Home({ battery: { onBattery: 'full' } }).reasons(low)).toBe('battery/off');
    expect(new Home({ battery: { onBattery: 'full' } }).reasons(drained)).toBe('');
  });

  test('a metered line pauses, unless the owner says otherwise', () => {
    expect(new Home().reasons({ isMetered: true })).toBe('metered/off');
    expect(new Home({ line: { onMetered: 'full' } }).reasons({ isMetered: true })).toBe('');
  });

  test('the day’s traffic and jobs end at their limit, let running jobs end, and begin anew at midnight', () => {
    const home = new Home({ line: { dailyMb: 10 }, jobs: { perDay: 3 } });
    expect(home.play({ trafficBytes: 10e6, jobsToday: 3 })).toMatchObject([
      { reason: 'traffic', stage: 'finish', untilAt: 950_000_000 },
      { reason: 'job-limit', stage: 'finish', untilAt: 950_000_000 },
    ]);
    expect(home.reasons({ trafficBytes: 0, jobsToday: 0 })).toBe('');
  });

  test('somebody at the keyboard counts only where the owner wants it, and unknown counts as nobody', () => {
    expect(new Home().reasons({ inputIdleS: 0 })).toBe('');
    const home = new Home({ input: { whenActive: 'off' } });
    expect(home.reasons({ inputIdleS: 3 })).toBe('user-active/off');
    expect(home.reasons({ inputIdleS: null })).toBe('user-active/off');
    expect(home.reasons({ inputIdleS: 181 })).toBe('');
    expect(home.reasons({ inputIdleS: null })).toBe('');
  });
});

test('the schedule counts at once both ways, and tells when it ends', () => {
  const home = new Home();
  home.level = 'off';
  expect(home.play({})).toMatchObject([{ reason: 'schedule', stage: 'off', untilAt: 900_000_000 }]);
  home.level = 'eco';
  expect(home.reasons({})).toBe('schedule/eco');
  home.level = 'full';
  expect(home.reasons({})).toBe('');
});
