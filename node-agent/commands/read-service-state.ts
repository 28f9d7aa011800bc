// What each system's manager says of the agent's service, as one kind of answer; what it does not say is null. Pure.

export interface ServiceState {
  readonly isInstalled: boolean;
  /** Starts at login. */
  readonly isEnabled: boolean | null;
  readonly isRunning: boolean | null;
  readonly pid: number | null;
}

const ABSENT: ServiceState = { isInstalled: false, isEnabled: null, isRunning: null, pid: null };

/** Of `systemctl --user show UNIT -p LoadState,ActiveState,MainPID,UnitFileState`. */
export function readSystemdState(text: string): ServiceState {
  const facts = new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
    }),
  );
  const load = facts.get('LoadState');
  if (load === undefined || load === 'not-found') return ABSENT;
  const active = facts.get('ActiveState');
  return {
    isInstalled: true,
    isEnabled: facts.has('UnitFileState') ? facts.get('UnitFileState') === 'enabled' : null,
    isRunning: active === undefined ? null : active === 'active' || active === 'activating' || active === 'reloading',
    pid: readPid(facts.get('MainPID')),
  };
}

/** Of `launchctl print gui/UID/LABEL`; `isFound`: it ended well. */
export function readLaunchdState(text: string, isFound: boolean): ServiceState {
  if (!isFound) return ABSENT;
  const [, state] = /^\s*state = (\S.*)$/m.exec(text) ?? [];
  const [, pid] = /^\s*pid = (\d+)$/m.exec(text) ?? [];
  return {
    isInstalled: true,
    isEnabled: true,
    isRunning: state === undefined ? null : state.trim() === 'running',
    pid: readPid(pid),
  };
}

/** Of `schtasks /Query /TN NAME /XML`; what runs is told there in the system's language only, and so is not read. */
export function readTaskState(text: string, isFound: boolean): ServiceState {
  if (!isFound || !/<Task\b/.test(text)) return ABSENT;
  const settings = /<Settings>([\s\S]*?)<\/Settings>/.exec(text)?.[1] ?? '';
  return { isInstalled: true, isEnabled: !/<Enabled>false<\/Enabled>/.test(settings), isRunning: null, pid: null };
}

/** Of `loginctl show-user USER -p Linger`: whether the user's services run without a login; null where that is not told. */
export function readLinger(text: string): boolean | null {
  const [, word] = /^Linger=(yes|no)$/m.exec(text) ?? [];
  return word === undefined ? null : word === 'yes';
}

function readPid(text: string | undefined): number | null {
  const pid = Number(text);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}
