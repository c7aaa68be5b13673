// Owns: what goes wrong on the operator's server before a block of the pages is run, what others do meanwhile, and what that
// section must have said. Does not own: the commands that mend it, which are those of the pages.

export interface Trouble {
  /** Shell to run before the block of that number, from 0. */
  readonly before?: Readonly<Record<number, string>>;
  readonly after?: string;
  readonly says?: RegExp;
}

const READY = 'answers 4300/readyz';

export const TROUBLES: Readonly<Record<string, Trouble>> = {
  'A network that runs': {
    before: {
      0: 'cp ~/consilium/genesis.json genesis.json',
      2: 'cp $DESK/lake/validator.json validator.json',
    },
    after: 'commit; commit',
    says: /n = 5: 1 may fail or lie, 4 votes decide/,
  },
  Upgrade: { says: /^consilium \d/m },
  '1. No block is made': {
    before: { 0: `${READY}; down south -TERM; down west -TERM`, 1: 'up south; up west' },
    says: /Hospital South/,
  },
  '2. The node does not start': {
    before: {
      0: 'systemctl stop consilium; sed --in-place "s/^listen/lisen/" $DESK/lake/config.toml; systemctl start consilium',
    },
    says: /CONFIG_WRONG/,
  },
  '4. The store is damaged': {
    before: {
      0: `
systemctl stop consilium
node -e 'const { readdirSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const folder = process.argv[1];
const files = readdirSync(folder).filter((name) => /\\.(?:log|ldb)$/.test(name)).map((name) => folder + "/" + name);
const [largest] = files.sort((a, b) => statSync(b).size - statSync(a).size);
const bytes = readFileSync(largest);
bytes[bytes.length >> 1] ^= 1;
writeFileSync(largest, bytes);' $DESK/lake/data`,
    },
    says: /store-file|row|block/,
  },
  '5. The power was cut everywhere': {
    before: {
      0: `
for hospital in north east south west; do down $hospital -KILL & done
kill -KILL "$(cat $DESK/lake/pid)"
wait
for hospital in north east south west; do up $hospital; done`,
    },
  },
  '7. The machine is lost': {
    before: { 0: 'systemctl stop consilium; rm -rf $DESK/lake; mkdir -m 0700 $DESK/lake', 3: 'busy' },
    after: 'quiet',
    says: /trust/,
  },
  '8. A key was stolen, or a second node has it': {
    before: { 2: 'commit; commit; commit' },
    // What somebody brings back later.
    after:
      'systemctl stop consilium; cp --recursive --preserve $DESK/lake $DESK/yesterday; systemctl start consilium',
    says: /n = 5: 1 may fail or lie|rotat/,
  },
  '9. An old copy was brought back': {
    before: {
      0: `
commit
systemctl stop consilium
rm -rf $DESK/lake
mv $DESK/yesterday $DESK/lake
systemctl start consilium
answers 4200/v1/status`,
      1: 'busy',
    },
    after: 'quiet',
    says: /NOT_SIGNING/,
  },
  '10. Too many nodes watch': {
    before: {
      0: `
systemctl stop consilium
down west -TERM
rm $DESK/lake/state/signing* ~/consilium/west/state/signing*
up west
systemctl start consilium
answers 4200/v1/status`,
      1: 'busy',
    },
    after: 'answers 4304/readyz; quiet',
    says: /NOT_SIGNING/,
  },
  'The admin log': {
    before: { 0: 'consilium node snapshot --home $DESK/lake' },
    says: /snapshot/,
  },
  'Backing up chain and vault': {
    before: {
      1: 'mkdir -m 0700 $DESK/new; tar --extract --gzip --file /backup/home.tar.gz --directory $DESK/new',
    },
  },
  'Key files under a passphrase': {
    before: {
      0: `
printf 'a passphrase of the hospital' > $DESK/etc/passphrase
printf 'another one of the hospital' > $DESK/etc/next
chmod 600 $DESK/etc/passphrase $DESK/etc/next`,
    },
  },
  'What was signed': {
    before: {
      0: 'systemctl stop consilium; rm -rf $DESK/new; cp --recursive --preserve $DESK/lake $DESK/new',
    },
  },
  'A signer of its own': {
    before: {
      1: 'sed --in-place "s|^# socket = .*|socket = \\"$DESK/run/signer.sock\\"|" $DESK/lake/config.toml',
    },
    // The end of the walk waits for all that its shell started.
    after: 'kill "$!"; systemctl stop consilium',
  },
};
