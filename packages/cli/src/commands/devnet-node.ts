// Owns: `devnet node ...`: doing to one node what happens to nodes: killed, paused, restarted; and one hospital more.
import type { NodeCommand, NodeStanding } from '@consilium/devnet';
import { addCommand, type Register, type Result } from '../command.ts';
import { addDirOption, type DirOption, runningDevnet } from '../setup/devnet.ts';

const VERBS: readonly { readonly verb: NodeCommand; readonly summary: string }[] = [
  { verb: 'kill', summary: 'end a node at once (SIGKILL)' },
  { verb: 'pause', summary: 'hold a node where it is (SIGSTOP), as a stalled machine would' },
  { verb: 'resume', summary: 'let a paused node go on' },
  { verb: 'restart', summary: 'stop a node in order when it runs, and start it' },
  { verb: 'start', summary: 'start a node that was killed or stopped' },
  { verb: 'stop', summary: 'stop a node in order' },
];

export const registerDevnetNode: Register = (place) => {
  const summary = 'kill, pause, resume, restart, start, stop or add one node';
  const noun = place.noun.command('node').summary(summary).description(summary);
  for (const { verb, summary: about } of VERBS) {
    addCommand<DirOption>(
      { ...place, noun },
      { usage: `${verb} <name>`, summary: about, examples: [`npx consilium devnet node ${verb} b`] },
      addDirOption,
      async ([name = ''], options) => {
        const devnet = await runningDevnet(place.io, options);
        await devnet.command(name, verb);
        return shown(await devnet.standings(), devnet.node(name).name);
      },
    );
  }
  addCommand<DirOption>(
    { ...place, noun },
    {
      usage: 'add <name>',
      summary: 'start the node of one more hospital; it follows the ledger until it is voted in',
      examples: ['npx consilium devnet node add e'],
    },
    addDirOption,
    async ([name = ''], options) => {
      const devnet = await runningDevnet(place.io, options);
      const { name: added, title, home } = await devnet.add(name);
      return {
        data: { name: added, title, card: `${home}/validator.json` },
        lines: [
          `${added} runs; propose it with: npx consilium validator propose admit ${home}/validator.json --as a`,
        ],
      };
    },
  );
};

function shown(standings: readonly NodeStanding[], name: string): Result {
  const { pid = null, state = 'stopped' } = standings.find((standing) => standing.name === name) ?? {};
  return { data: { name, pid, state }, lines: [`${name} ${state}`] };
}
