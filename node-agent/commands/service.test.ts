import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readLaunchdState, readLinger, readSystemdState, readTaskState } from './read-service-state.ts';
import { tellLaunchdAgent, tellScheduledTask, tellSystemdUnit } from './tell-service.ts';

const sample = (name: string): string => readFileSync(new URL(`samples/${name}`, import.meta.url), 'utf8');
const FACTS = {
  command: ['/opt/node/bin/node', '/home/mika/my "irori" 100%/$bin/irori-node.mjs', 'up', '--state', '/home/mika/a b'],
  stateFolder: '/home/mika/a b & c',
  user: 'DESK\\mika',
};

describe('what starts the agent at login', () => {
  test('systemd reads each word of the command as it is, and no hardening hides what idle signals need', () => {
    const unit = tellSystemdUnit(FACTS);
    expect(unit).toContain(
      'ExecStart=/opt/node/bin/node "/home/mika/my \\"irori\\" 100%%/$$bin/irori-node.mjs" up --state "/home/mika/a b"\n',
    );
    const odd = tellSystemdUnit({ ...FACTS, command: ['/opt/$x/node', '/a\nUser=root'] });
    expect(odd).toContain('ExecStart="/opt/$x/node" "/a\\nUser=root"\n');
    expect(unit).not.toMatch(
      /ProtectProc|PrivateDevices|PrivateTmp|ProtectHome|ProcSubset|DevicePolicy|MemoryDenyWriteExecute|RestrictAddressFamilies/,
    );
    expect(unit).toMatch(/RestartPreventExitStatus=2\n/);
    expect(unit).toContain('WantedBy=default.target');
  });

  test('launchd and the task scheduler get it as XML, for this user and no more rights', () => {
    const plist = tellLaunchdAgent(FACTS);
    expect(plist).toContain('<string>/home/mika/my &quot;irori&quot; 100%/$bin/irori-node.mjs</string>');
    expect(plist).toContain('<string>/home/mika/a b &amp; c/log/service.log</string>');
    const task = tellScheduledTask({
      ...FACTS,
      command: ['C:\\node.exe', 'C:\\my "x"\\irori-node.mjs', 'up', '--state', 'C:\\a b\\'],
    });
    expect(task).toContain(
      '<Arguments>&quot;C:\\my \\&quot;x\\&quot;\\irori-node.mjs&quot; up --state &quot;C:\\a b\\\\&quot;</Arguments>',
    );
    expect(task).toContain('<RunLevel>LeastPrivilege</RunLevel>');
    expect(task.match(/<UserId>DESK\\mika<\/UserId>/g)).toHaveLength(2);
  });
});

describe('what managers say of it', () => {
  test('systemd', () => {
    const running = { isInstalled: true, isEnabled: true, isRunning: true, pid: 4242 };
    expect(readSystemdState(sample('systemctl-show.txt'))).toEqual(running);
    expect(readSystemdState('LoadState=not-found\nActiveState=inactive\n').isInstalled).toBe(false);
    expect(readSystemdState('').isInstalled).toBe(false);
    expect(readSystemdState('LoadState=loaded\nActiveState=failed\nMainPID=0\nUnitFileState=disabled')).toEqual({
      isInstalled: true,
      isEnabled: false,
      isRunning: false,
      pid: null,
    });
    expect(['Linger=yes\n', 'Linger=no', 'nothing'].map(readLinger)).toEqual([true, false, null]);
  });

  test('launchd', () => {
    expect(readLaunchdState(sample('launchctl-print.txt'), true)).toMatchObject({ isRunning: true, pid: 4242 });
    expect(readLaunchdState('state = not running', true)).toMatchObject({
      isInstalled: true,
      isRunning: false,
      pid: null,
    });
    expect(readLaunchdState('Could not find service', false).isInstalled).toBe(false);
  });

  test('the task scheduler', () => {
    expect(readTaskState(sample('schtasks-query.xml'), true)).toMatchObject({
      isInstalled: true,
      isEnabled: true,
      isRunning: null,
    });
    expect(readTaskState('ERROR: The system cannot find the file specified.', false).isInstalled).toBe(false);
  });
});
