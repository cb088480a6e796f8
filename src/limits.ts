/**
 * Every bound of the program, in one place: unit in the name, reason beside it.
 * A hostile peer can cost us at most what stands here.
 */

/** Longest name the common file systems take (ext4, APFS, NTFS: 255 bytes or UTF-16 units). */
export const MAX_NAME_BYTES = 255;

/** A request is HELLO, GET_PEERS, LS, BYE or a DL whose name is at most 3 × 255 bytes once percent-encoded. */
export const MAX_REQUEST_BYTES = 4 * 1024;

/** Arguments of a refused request that its refusal repeats: no type has more, lists and capabilities aside. */
export const MAX_REFUSED_ARGS = 8;

/** Largest chunk that we ask for or serve in one message: a reply of 22 MB is held in memory by its receiver. */
export const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/** Longest reply line: the largest chunk in base64 and room for its header; a list of 100 000 peers needs 4 MB. */
export const MAX_REPLY_BYTES = Math.ceil(MAX_CHUNK_BYTES / 3) * 4 + MAX_REQUEST_BYTES;

/** Longest list that is taken on a connection that the other side opened: 100 000 peers. */
export const MAX_LIST_BYTES = 4 * 1024 * 1024;

/** Chunk size at start, from the assignment. */
export const DEFAULT_CHUNK_BYTES = 256;

/**
 * A clock beyond this is nonsense and is not followed: 2^53, where adding 1 to a double stops working, stays out of
 * reach. Its message is taken all the same, or one lie about the time would cut whoever believed it off from all others.
 */
export const MAX_CLOCK = 2 ** 50;

/** A TCP connection in a LAN is there within milliseconds; the kernel repeats a lost SYN after 1 s. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** How long a reply may take before its peer counts as gone; other programs allow 5 s too. */
export const REPLY_TIMEOUT_MS = 5_000;

/** Slowest transfer that is worth waiting for: a large chunk gets this much more time than REPLY_TIMEOUT_MS. */
export const SLOWEST_BYTES_PER_MS = 128;

/** How long a connection to us may take to bring its request. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** How long we wait for the FIN that one-shot programs send right behind a HELLO, before we answer it. */
export const HELLO_FIN_WAIT_MS = 50;

/** How long a HELLO waits for the answer or the close that some programs give, before the menu comes back. */
export const HELLO_ANSWER_MS = 300;

/** How long we look whether a program closes behind its reply, when nothing is known of it yet. */
export const CLOSE_LOOK_MS = 25;

/** A request on a connection that the other side left open is answered within this, or it only forgot to close. */
export const TRIAL_TIMEOUT_MS = 500;

/** How long the further lines of a list may take to follow. */
export const LIST_LINE_GAP_MS = 500;

/** How long a program that answers on a new connection may take to open it. */
export const CALLBACK_TIMEOUT_MS = 2_000;

/** How long we wait for what a program says to our HELLO when its dialect has to be found out before we can answer it. */
export const PROBE_TIMEOUT_MS = 300;

/** An empty connection is a hint at the dialect of its host for this long. */
export const EMPTY_CONNECTION_MEMORY_MS = 1_000;

/** A request that stops without newline or FIN is taken as complete after this long. */
export const REQUEST_SILENCE_MS = 300;

/** A DL without newline or FIN: a lost packet comes again within a second, and half a number is another chunk. */
export const CHUNK_REQUEST_SILENCE_MS = 1_500;

/** How long a connection that began with HELLO may stay silent. */
export const IDLE_TIMEOUT_MS = 60_000;

/** After our last byte the other side gets this long to close, then the socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** BYE to everybody and the end of all sockets: nobody waits longer for a program to leave. */
export const LEAVE_TIMEOUT_MS = 2_000;

/** A request to the next neighbour starts after this long even if the former one has not answered. */
export const STAGGER_MS = 250;

/** Connections that others hold to us; the oldest without a request in hand goes first. Below the usual 1024 descriptors. */
export const MAX_INBOUND_CONNECTIONS = 512;

/** Connections waiting to be accepted; a class that starts at once must not be refused. */
export const LISTEN_BACKLOG = 511;

/** Lines and bytes received and not yet consumed, per connection; then the socket is paused. */
export const MAX_QUEUED_LINES = 64;
export const MAX_QUEUED_BYTES = 1024 * 1024;

/** A silent connection is checked by the kernel after this long: its peer may have lost its power. */
export const KEEP_ALIVE_MS = 60_000;

/**
 * Bytes that a socket's buffer takes before its writer has to wait: two slices of a FILE in base64, so that the disk is
 * read while the network sends. Times MAX_INBOUND_CONNECTIONS: 64 MiB if nobody reads.
 */
export const SOCKET_BUFFER_BYTES = 128 * 1024;

/** What is written in one turn in pieces up to this size leaves as one; copying a larger one costs more than its system call. */
export const SMALL_WRITE_BYTES = 32 * 1024;

/** Requests of one session that are prepared while the answers before them are sent. */
export const MAX_REQUESTS_IN_HAND = 8;

/** A reply up to this size is one write (some programs read once); larger chunks go out in slices of it. Multiple of 3. */
export const FILE_SLICE_BYTES = 66 * 1024;

/** Neighbours we remember; a class has 60. */
export const MAX_NEIGHBOURS = 1_000;

/** Files we list or take from a list; one LS_LIST stays below MAX_REPLY_BYTES with names of ordinary length. */
export const MAX_LISTED_FILES = 100_000;

/** A download of more chunks is worth a try at a session with a neighbour of which nothing is known. */
export const CHUNKS_WORTH_A_SESSION = 8;

/**
 * What is asked of a source ahead of its answers: as many bytes as it has sent in this time, so that no round trip below it
 * leaves it idle. START_WINDOW_BYTES until its speed is known, at least SMALLEST_WINDOW_BYTES, and always one chunk.
 */
export const WINDOW_SECONDS = 0.75;
export const START_WINDOW_BYTES = 256 * 1024;
export const SMALLEST_WINDOW_BYTES = 16 * 1024;

/** Chunks asked of one source and not yet answered: a question costs its asker some hundred bytes. */
export const MAX_QUESTIONS = 8 * 1024;

/** A second source is asked for a chunk where the first is expected to take this many times as long for all it owes. */
export const END_GAME_ADVANTAGE = 2;

/** And only where the first is expected to take longer than this: what comes soon anyway is not worth asking twice. */
export const END_GAME_LEAST_MS = 250;

/** The speed of a source is taken anew after this long. */
export const SPEED_INTERVAL_MS = 100;

/** A running download looks after its sources this often: rests that are over, the end game, speeds. */
export const DOWNLOAD_TICK_MS = 100;

/** A source that failed too often rests; each rest without a good chunk is twice as long as the one before. */
export const FIRST_REST_MS = 500;
export const LONGEST_REST_MS = 30_000;

/** A download ends once each of its sources has gone to rest so often without a good chunk in between; the last rest is not waited for. */
export const LAST_RESTS = 3;

/** A DIGEST that is not known yet is answered `busy` after this long, so that it does not hold up what comes behind it. */
export const DIGEST_WAIT_MS = 50;

/** Whoever is told `busy` asks again after this long, and then each time after twice as long, up to DIGEST_RETRY_MS. */
export const FIRST_DIGEST_RETRY_MS = 100;
export const DIGEST_RETRY_MS = 1_000;

/** How long a search waits for digests, until its files are shown without those that are missing. */
export const SEARCH_DIGEST_MS = 2_000;

/** Digests that one search asks for; files beyond are compared when they are downloaded. */
export const MAX_SEARCH_DIGESTS = 64;

/** Files that wait to be hashed for others; one at a time is. */
export const MAX_WAITING_DIGESTS = 256;

/** Digests that are remembered, some 200 bytes each. */
export const MAX_KNOWN_DIGESTS = 10_000;

/**
 * The times of a file move in steps of up to 10 ms (the tick of a Linux kernel, exFAT): what was written more recently may
 * change without a trace, and its digest is not remembered.
 */
export const FILE_CLOCK_TICK_MS = 20;

/** A file is hashed in pieces of this size, each less than a millisecond of the event loop. */
export const HASH_PIECE_BYTES = 256 * 1024;

/**
 * Small chunks are served out of blocks that are read ahead: a disk read costs more than it takes to send a hundred of them.
 * All blocks together cost READ_AHEAD_BLOCKS × READ_AHEAD_BYTES.
 */
export const READ_AHEAD_BYTES = 128 * 1024;
export const READ_AHEAD_BLOCKS = 64;
export const LARGEST_CHUNK_READ_AHEAD = 16 * 1024;

/** What a download has written is noted on the disk this often, behind the data: so much at most is asked for again. */
export const RESUME_NOTE_INTERVAL_MS = 1_000;

/** A note holds so many ranges, the first ones, some 30 bytes each; what is beyond them is asked for again. */
export const MAX_NOTED_RANGES = 10_000;
export const MAX_NOTE_BYTES = 1024 * 1024;

/**
 * What another machine may be writing, over a network, counts as in use for so long after its last change: a download
 * that gets anything at all notes it far more often.
 */
export const IN_USE_ELSEWHERE_MS = 60_000;

/**
 * Bytes that one download has asked for and not yet received, over all its sources; up to four chunks whatever their
 * size. In base64 and as a string they are held about three times.
 */
export const MAX_IN_FLIGHT_BYTES = 4 * 1024 * 1024;

/** Peers we take from one list; most of them will find no place among the neighbours. */
export const MAX_LISTED_PEERS = 100_000;

/** Chunks of one download: one bit each, 32 MiB; a file of 64 GiB at 256 bytes. */
export const MAX_CHUNKS = 2 ** 28;

/** How long the sources of a download that are ready wait for the others: a try at a session is over by then. */
export const PREPARE_TIMEOUT_MS = 700;

/** Sources of one download that are asked at the same time. */
export const MAX_SOURCES = 32;

/** A failed chunk costs its source one point, a good one gives back a quarter; at this many the source is retired. */
export const MAX_SOURCE_FAILURES = 4;

/** Small chunks are gathered in blocks of this size before they are written: 64 KiB and more run at the speed of the disk. */
export const WRITE_BLOCK_BYTES = 256 * 1024;

/** Chunks of this size and up are not gathered: those that follow each other are written together anyway, and not copied. */
export const GATHER_BELOW_BYTES = 32 * 1024;

/** Blocks that wait for their missing chunks; then the oldest is written with its holes. */
export const MAX_OPEN_BLOCKS = 64;

/** A served file stays open this long after its last use, and no more than MAX_OPEN_FILES at once. */
export const OPEN_FILE_IDLE_MS = 2_000;
export const MAX_OPEN_FILES = 64;

/** An open file is compared with the folder again after this long. */
export const RECHECK_FILE_MS = 250;

/** The same complaint about the same host is reported once in this long. */
export const COMPLAINT_INTERVAL_MS = 60_000;
export const MAX_COMPLAINTS = 256;

/** How often a running download is reported. */
export const PROGRESS_INTERVAL_MS = 200;

/** What an interrupted download has left is of use for a week; one under way writes all the time. */
export const STALE_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** The event log is written this long after an event at the latest. */
export const LOG_FLUSH_MS = 50;

/** Entries of the shared folder that are looked at together; the thread pool works on four, the rest keeps it fed. */
export const STAT_PARALLELISM = 32;

/** Bytes on their way to the disk, then a download waits for it: enough to keep it busy, no more than a few blocks. */
export const MAX_QUEUED_WRITE_BYTES = 16 * WRITE_BLOCK_BYTES;

/** Pieces that follow each other are written together, up to so many bytes and so many pieces (a system takes 1024). */
export const MAX_WRITE_BYTES = 2 * 1024 * 1024;
export const MAX_WRITE_PIECES = 256;

/** A queued write counts for at least one page: the queue of a download in tiny pieces must end as well. */
export const MIN_QUEUED_WRITE_BYTES = 4 * 1024;

/** A neighbours file of 1000 host names is below 300 kB; something larger is another file. */
export const MAX_NEIGHBOURS_FILE_BYTES = 1024 * 1024;

/** The event log is written earlier than LOG_FLUSH_MS when this much waits. */
export const LOG_BUFFER_BYTES = 64 * 1024;

/** A log that is a pipe may lag behind by this much; then its reader counts as gone. */
export const MAX_LOG_BACKLOG_BYTES = 1024 * 1024;

/** How long the end of the program waits for a slow reader of the log. */
export const LOG_CLOSE_TIMEOUT_MS = 500;
