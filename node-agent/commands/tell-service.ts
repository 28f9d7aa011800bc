// What starts the agent at login, as text for each system's own manager: a systemd user unit, a launchd agent, a scheduled task. Pure.
// Made from: systemd.unit(5), systemd.service(5), systemd.exec(5) and systemd.syntax(7); launchd.plist(5); the Task Scheduler schema of the Windows
// documentation. Only systemd's could be tried.

export interface ServiceFacts {
  /** The program and its words: paths are absolute. */
  readonly command: readonly string[];
  readonly stateFolder: string;
  /** Who it runs for, as `DOMAIN\user`; only Windows wants it. */
  readonly user: string;
}

/** The unit's, the agent's and the task's name. */
export const SERVICE = { unit: 'irori-node.service', label: 'net.irori.node', task: 'Irori node' } as const;

/** The exit status with which the agent asks to be started again: it has updated itself. */
export const RESTART_STATUS = 75;
/** The owner has to change something: starting again would not help. */
const OWNERS_STATUS = 2;

/**
 * Hardened by what costs no signal: the agent has to see other programs, cards, the session's bus and its files, so /proc, /dev and /home stay as they
 * are, and its engines need memory that they may write and run.
 */
export function tellSystemdUnit({ command }: ServiceFacts): string {
  return `[Unit]
Description=Irori node: lends this machine while you do not need it
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
ExecStart=${command.map((word, at) => quoteForSystemd(word, at > 0)).join(' ')}
Environment=IRORI_SERVICE=systemd
Restart=on-failure
RestartSec=5
RestartForceExitStatus=${RESTART_STATUS}
RestartPreventExitStatus=${OWNERS_STATUS}
KillMode=mixed
TimeoutStopSec=60
Nice=5
UMask=0077
NoNewPrivileges=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=default.target
`;
}

/** systemd reads quotes, backslashes, its own specifiers (%) and, behind the program, variables ($) in a command. A line ends where it ends. */
function quoteForSystemd(word: string, hasVariables: boolean): string {
  const plain = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('%', '%%');
  const escaped = hasVariables ? plain.replaceAll('$', '$$$$') : plain;
  return /^[\w@%+=:,./-]+$/.test(word) ? escaped : `"${escaped}"`;
}

export function tellLaunchdAgent({ command, stateFolder }: ServiceFacts): string {
  const words = command.map((word) => `    <string>${escapeXml(word)}</string>`).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${SERVICE.label}</string>
  <key>ProgramArguments</key>
  <array>
${words}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>IRORI_SERVICE</key>
    <string>launchd</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>ExitTimeOut</key>
  <integer>60</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardErrorPath</key>
  <string>${escapeXml(`${stateFolder}/log/service.log`)}</string>
</dict>
</plist>
`;
}

/** To be written as UTF-16. For this user only, with no more rights than the user has; a battery is the agent's own matter. */
export function tellScheduledTask({ command, user, stateFolder }: ServiceFacts): string {
  const [program = '', ...words] = command;
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Irori node: lends this machine while you do not need it</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${escapeXml(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${escapeXml(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>10</Count>
    </RestartOnFailure>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${escapeXml(program)}</Command>
      <Arguments>${escapeXml(words.map(quoteForWindows).join(' '))}</Arguments>
      <WorkingDirectory>${escapeXml(stateFolder)}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
`;
}

/** As the C runtime takes a command line apart: backslashes count double before a quote. */
function quoteForWindows(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
