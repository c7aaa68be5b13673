// Owns: a hospital that dies and comes back, in the middle of the story.
import { until } from './acting.ts';
import type { Story } from './types.ts';

/** SIGKILL: whatever it was doing ends here. */
export async function kill(story: Story, victim: string): Promise<void> {
  await story.devnet.command(victim, 'kill');
}

export async function bringBack(story: Story, victim: string, witness: string): Promise<void> {
  const { devnet } = story;
  await devnet.command(victim, 'start');
  await until(story, `${victim} has caught up`, async () => {
    const { nodes } = await devnet.status();
    const [one, other] = [victim, witness].map((name) => nodes.find((node) => node.name === name));
    return one?.height != null && one.height === other?.height && one.stateRoot === other.stateRoot;
  });
  const { height, time } = await story.client.tip();
  story.tell(7, `${devnet.node(victim).title} comes back and has caught up`, { height, time });
}
