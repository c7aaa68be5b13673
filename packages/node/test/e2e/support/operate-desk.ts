// Owns: a server to run the operator's pages on: their folders and ports in one temporary folder, stand-ins for what only root
// or another machine has, and a shell that ends at the first line that ends otherwise than the page says.
// Does not own: what goes wrong there (operate-troubles.ts).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLONE } from './operate-pages.ts';
import { freePorts } from './ports.ts';

/** The ports that the pages name. */
const PORTS = /\b4[123]0[0-4]\b/g;
const PORT_NAMES = [1, 2, 3].flatMap((kind) => [0, 1, 2, 3, 4].map((last) => `4${kind}0${last}`));

/** Folders of a server, and where they lie here. The longer before those that they begin with. */
const FOLDERS = [
  ['/var/lib/consilium-signer', '$DESK/signer'],
  ['/var/lib/consilium', '$DESK/lake'],
  ['/etc/systemd/system', '$DESK/etc/systemd'],
  ['/etc/consilium', '$DESK/etc'],
  ['/run/consilium', '$DESK/run'],
  ['/new/consilium', '$DESK/new'],
  ['/backup', '$DESK/backup'],
] as const;

/** Words in capitals that an operator fills in. The longer before those that they begin with. */
const WORDS = [
  ['--announce lake.example.org:4100', '--announce 127.0.0.1:4100 --api-port 4200 --metrics-port 4300'],
  ['--end-observation HEIGHT', '--end-observation "$(next_height)"'],
  ['HEIGHT:BLOCKID', '"$(trusted)"'],
  ['HEIGHT', '"$(height)"'],
  ['PROPOSAL', '"$(open_proposal)"'],
  ['HASH', '"$(admin_head)"'],
  ['VERSION', '0.0.0'],
] as const;

/**
 * Stand-ins for what needs root, systemd or a registry. They take no words but those that the pages use; the packed release is
 * installed by a test of its own (scripts/test/e2e/packed.test.ts), and the unit is checked by systemd-analyze.
 */
const STAND_INS = {
  // Not the same as kill -0: who ended and was not waited for by anybody still has a number.
  lives: `
state=$(ps -o stat= -p "$1") && [ "\${state:0:1}" != Z ]`,
  systemctl: `
home=$DESK/lake
alive() { [ -f "$home/pid" ] && lives "$(cat "$home/pid")"; }
stop() { if alive; then kill "$(cat "$home/pid")"; while alive; do sleep 0.1; done; fi; }
start() {
  consilium node start --home "$home" >> "$DESK/lake.log" 2>&1 &
  while ! alive && lives $!; do sleep 0.1; done
}
case "$*" in
  'start consilium' | 'enable --now consilium') start ;;
  'stop consilium') stop ;;
  'restart consilium') stop; start ;;
  daemon-reload) ;;
  *) echo "systemctl $*: no page says so" >&2; exit 64 ;;
esac`,
  journalctl: `
[ "$1 $2 $3" = '--unit consilium --lines' ] && tail --lines "$4" "$DESK/lake.log"`,
  npm: `
case "$*" in
  'root --global') echo "$DESK/npm" ;;
  'install --global ./consilium-0.0.0.tgz') [ -f consilium-0.0.0.tgz ] ;;
  *) exit 64 ;;
esac`,
  runuser: `
[ "$1 $2 $3" = '-u consilium --' ] || exit 64
shift 3
exec "$@"`,
  install: `
[ "$*" = "--directory --owner consilium --group consilium --mode 0700 $DESK/lake" ] && mkdir -m 0700 "$DESK/lake"`,
  useradd: `
[ "$*" = "--system --home-dir $DESK/lake --shell /usr/sbin/nologin consilium" ]`,
  chown: `
[ "$1" = consilium: ] && [ -e "$2" ]`,
  timedatectl: `
[ "$*" = '' ] || [ "$*" = 'set-ntp true' ]`,
} as const;

/** What the shell knows besides. A vote is confirmed by --yes: nobody is at its terminal. */
const PRELUDE = `
consilium() {
  case "$1 \${2:-}" in
    'validator propose' | 'validator approve' | 'validator remove')
      command consilium "$@" --yes ;;
    *) command consilium "$@" ;;
  esac
}
ends() {
  local allowed=" $1 " code=0
  shift
  "$@" || code=$?
  case "$allowed" in *" $code "*) ;; *) echo "ended with $code, not with$allowed: $*" >&2; return 1 ;; esac
}
field() { node -e 'let text = ""; process.stdin.on("data", (part) => { text += part; }).on("end", () => {
  console.log(process.argv[1].split(".").reduce((value, name) => value[name], JSON.parse(text))); });' "$1"; }
open_proposal() { command consilium validator list --node http://127.0.0.1:4201 --json | field proposals.0.id; }
height() { curl --silent --fail http://127.0.0.1:4201/v1/status | field height; }
next_height() { echo $(($(height) + 1)); }
trusted() { command consilium block show "$(height)" --node http://127.0.0.1:4201 --json | field trust; }
admin_head() { command consilium node admin-log verify --home "$DESK/lake" --json | field head; }
kept() { cat "$HOME/consilium/$1/pid"; }
down() { local pid; pid=$(kept "$1"); kill "$2" "$pid"; while lives "$pid"; do sleep 0.1; done; }
up() { command consilium node start --home "$HOME/consilium/$1" >> "$HOME/consilium/$1.log" 2>&1 & }
answers() { curl --silent --fail --retry 100 --retry-delay 1 --retry-all-errors --output /dev/null "http://127.0.0.1:$1"; }
commit() {
  local letter="$DESK/letter-$RANDOM$RANDOM"
  echo "$letter" > "$letter"
  command consilium anchor add "$letter" --as "$HOME/consilium/north/keys/account.json" --node http://127.0.0.1:4201 > /dev/null
}
busy() { touch "$DESK/busy"; { while [ -f "$DESK/busy" ]; do commit || true; done; } & }
quiet() { rm -f "$DESK/busy"; }
`;

export interface Desk {
  readonly folder: string;
  /** Runs until its end or the first line that ends otherwise than said. */
  run(script: string): Shell;
  close(): Promise<void>;
}

export interface Shell {
  readonly ended: Promise<number | null>;
  told(): string;
}

export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-walk-'));
  await Promise.all(
    ['bin', 'npm', 'backup', 'run', 'etc/systemd'].map((name) =>
      mkdir(join(folder, name), { recursive: true }),
    ),
  );
  await symlink(CLONE, join(folder, 'npm/consilium'));
  await writeFile(join(folder, 'consilium-0.0.0.tgz'), 'the release');
  await Promise.all(
    Object.entries(STAND_INS).map(async ([name, text]) => {
      const path = join(folder, 'bin', name);
      await writeFile(path, `#!/usr/bin/env bash\nset -u${text}\n`);
      await chmod(path, 0o755);
    }),
  );
  const ports = await freePorts(PORT_NAMES.length);
  const filled = (script: string): string =>
    [...WORDS, ...FOLDERS]
      .reduce((text, [word, meant]) => text.replaceAll(word, meant), script)
      .replaceAll(
        /^(.*?) +# ends with (\d+(?: or \d+)*)$/gm,
        (_, line: string, codes: string) => `ends '${codes.replaceAll(' or ', ' ')}' ${line}`,
      )
      .replaceAll(PORTS, (port) => String(ports[PORT_NAMES.indexOf(port)]));
  const groups: number[] = [];
  return {
    folder,
    run(script) {
      const { shell, pid } = runIn(folder, filled(`${PRELUDE}\n${script}`));
      groups.push(pid);
      return shell;
    },
    async close() {
      for (const group of groups) killGroup(group);
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

function runIn(folder: string, script: string): { readonly shell: Shell; readonly pid: number } {
  // An operator's shell knows of no other network.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CONSILIUM_')),
  );
  const path = [join(folder, 'bin'), join(CLONE, 'node_modules/.bin'), process.env['PATH']].join(':');
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    detached: true,
    env: { ...environment, HOME: folder, DESK: folder, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  const ended = once(shell, 'exit').then(([code]) => code as number | null);
  return { shell: { ended, told: () => told }, pid: shell.pid ?? 0 };
}

/** All that a shell started and that is still there. */
function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}
