// Owns: every bound of the fault kit, with its reason. Does not own: how a fault is done or a lie told (beside each).

/** A simulated hospital costs little, messages grow with the square: beyond this a scenario would take minutes. */
export const NODES_MAX = 16;
/** Hospitals beside the founders. */
export const GUESTS_MAX = 4;
/** Steps of one scenario: a long draw of the swarm has some hundreds. */
export const STEPS_MAX = 1_000;
/** Of a scenario file: far above what so many steps need. */
export const SCENARIO_BYTES_MAX: number = 256 * 1024;
/** Of a seed: far below where numbers lose their last digit, so that seeds may be counted up. */
export const SEED_MAX: number = 2 ** 48;
/** How long the faults of one scenario last; a day of random faults is many scenarios. */
export const DURATION_MS_MAX = 3_600_000;
export const HEIGHTS_MAX = 100_000;
/** Writes a second of a scenario: what one client process can sign. */
export const RATE_MAX = 2_000;
export const CLIENTS_MAX = 256;
/** A repeated step comes at most so often, or the faults would starve the run. */
export const EVERY_MS_MIN = 10;
/** Blocks that every honest node must make after healing: so many let each of four propose twice. */
export const HEIGHTS_AFTER_HEALING_DEFAULT = 10;
/** Heights under faults of a seed: enough for several faults, one after another and at once. */
export const SWARM_HEIGHTS_DEFAULT = 40;
/** A seed below has no time for a fault. */
export const SWARM_HEIGHTS_MIN = 4;
/** Within which they must be there when the scenario says nothing: rounds may have grown long before the healing. */
export const LIVENESS_MS_DEFAULT = 120_000;
/** Simulated time within which the heights of a scenario must come although its faults stand. */
export const FAULTS_MS_MAX = 900_000;

/** One file of a run's folder: read whole, into memory. */
export const RUN_FILE_BYTES_MAX: number = 64 * 1024 * 1024;
/** Lines of a run's timeline: an hour of four nodes at ten blocks a second has 144,000 commits. */
export const RUN_TIMELINE_ENTRIES_MAX = 200_000;
/** Lines of one node's log, the newest: what led to the end of a run is near its end. */
export const RUN_LOG_LINES_MAX = 50_000;
/** Of one line of a log, and of one sentence of a verdict: a node may be made to write what a liar sent. */
export const RUN_LINE_CHARS_MAX = 4_096;
/** Writes: some minutes at the highest rate. */
export const RUN_WRITES_MAX = 200_000;
/** Violations of one run: a broken chain breaks again at each height, and the first ones tell it all. */
export const RUN_VIOLATIONS_MAX = 1_000;
/** Logs of one run: every hospital of the largest scenario, and second machines with copied keys. */
export const RUN_LOGS_MAX: number = 2 * (NODES_MAX + GUESTS_MAX);
/** A name becomes a file's name. */
export const RUN_NODE_NAME_CHARS_MAX = 64;

/** Rows of a sequence diagram: some heights of four nodes with their rounds; more is no picture any more. */
export const SEQUENCE_ROWS_MAX = 160;
/** Lanes of a sequence diagram: every hospital of the largest scenario. */
export const SEQUENCE_LANES_MAX: number = NODES_MAX + GUESTS_MAX;
/** One message that arrives at others within this is drawn as one row. */
export const SEQUENCE_MERGE_MS = 250;
/** What was shown within this is a relay or a repetition and not drawn; said later, it is a rebroadcast and is. */
export const SEQUENCE_REPEAT_MS = 1_000;
/** Points of one node's curve: two for each pixel of a narrow screen. */
export const REPORT_CURVE_POINTS_MAX = 600;
/** Intervals that the throughput is counted over. */
export const REPORT_THROUGHPUT_BARS_MAX = 120;
/** Bands of faults in the picture: the table below it tells of more. */
export const REPORT_BANDS_MAX = 120;
/** Rows of bands, one below another: more would push the curves off the screen. */
export const REPORT_BAND_ROWS_MAX = 16;
/** Rows of any table: a browser folds thousands badly, and the folder has them all. */
export const REPORT_TABLE_ROWS_MAX = 500;
/** Lines of each node's log on the page. */
export const REPORT_LOG_LINES_MAX = 120;
/** Characters of one line on the page. */
export const REPORT_LINE_CHARS_MAX = 1_000;

/** Steps of the search for an order of the operations on one consent: an honest run needs about one for each of them. */
export const LINEARIZE_STEPS_MAX = 200_000;
/** Simulated time within which healed custodians have repaired everything: a repair that fails waits 5 s, 10, 20, ... */
export const SETTLED_MS_MAX = 300_000;

/** What a hostile validator remembers: of messages, enough to repeat one of some heights ago. */
export const MEMORY_OVERHEARD_MAX = 200;
/** Values: those of the rounds of one height, and of the height before. */
export const MEMORY_VALUES_MAX = 12;
/** Transactions: those of the values that it remembers, under the load of a scenario. */
export const MEMORY_BODIES_MAX = 200;
/** Lies by occasion: it tells the same one to every peer, and to who asks again. */
export const MEMORY_MADE_MAX = 400;
/** Votes that a replica told: any of them may come back in a certificate of its height. */
export const EAR_SAID_MAX = 4_000;
/** Requests to a lying custodian of which the answer is still to come. */
export const LIAR_REQUESTS_MAX = 256;

// On a devnet; milliseconds are those of the clock on the wall.

/** Within which the heights of a scenario must come although its faults stand. */
export const FAULTS_WALL_MS_MAX = 180_000;
/** From one look at whether a phase is over to the next. */
export const LOOK_MS = 50;
/** From one look at the processes to the next. */
export const PROCESSES_LOOK_MS = 500;
/** What goes on beside the scenario and was not done so long after its end is given up. */
export const BESIDE_MS_MAX = 30_000;
/** For the collectors to hear of the last blocks. */
export const LAST_WORDS_MS_MAX = 10_000;
/**
 * Of a home that lies in memory: costs what is written to it. A node with less than 1 GiB of room says that it is not ready,
 * and then no run begins.
 */
export const SMALL_DISK_BYTES: number = 2 * 1024 * 1024 * 1024;
/** Before such a disk is filled it shrinks to what is used and so much more: the node goes on writing meanwhile. */
export const SMALL_DISK_SPARE_BYTES: number = 4 * 1024 * 1024;
/** On a busy machine a bound of time is stretched, at most so far. */
export const SLOWNESS_MAX = 6;
/** A node that is down, frozen or drowned is asked again soon. */
export const NODE_ANSWER_MS_MAX = 2_000;
/** A daemon that was told of its faults has read them by then, or is frozen and reads them when it goes on. */
export const ORDER_ANSWER_MS_MAX = 5_000;
/** As long as the command gives the production daemon to end in order. */
export const DAEMON_STOP_MS_MAX = 10_000;
/** How often the home of a node that does not come up is mended: a store that was thrown away may show the next damage. */
export const MENDINGS_MAX = 2;
/** What waits in one direction of one connection; past it the sender feels the pressure, as with a full window. */
export const PUMP_HELD_BYTES_MAX: number = 4 * 1024 * 1024;
/** What a daemon signed goes to every peer, and is repeated: so many of the last are known again. */
export const WITNESS_KNOWN_MAX = 2_000;

/** Of what a broken trial wrote to its standard error: the end tells why. */
export const TRIAL_STDERR_CHARS_MAX = 2_000;
/** Failing runs that are listed: of a hundred thousand that fail alike these tell enough. */
export const SWARM_FAILURES_MAX = 1_000;
/** Failing seeds of one swarm that are kept as folders: of many the first few tell what all of them tell. */
export const SWARM_KEPT_MAX = 5;
