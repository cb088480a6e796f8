/**
 * Every bound of the program, in one place: unit in the name, reason beside it.
 * A hostile peer can cost us at most what stands here.
 */

/** Longest name the common file systems take (ext4, APFS, NTFS: 255 bytes or UTF-16 units). */
export const MAX_NAME_BYTES = 255;

/**
 * Longest name on the wire: each byte percent-encoded, and the `:<size>` that some programs leave in place (section 6). What is
 * longer is malformed, and not decoded: a token of 22 MB would cost minutes.
 */
export const MAX_TOKEN_BYTES = 3 * MAX_NAME_BYTES + 17;

/** A request is HELLO, GET_PEERS, LS, BYE or a DL whose name is at most 3 × 255 bytes once percent-encoded. */
export const MAX_REQUEST_BYTES = 4 * 1024;

/** Arguments of a refused request that its refusal repeats: no type has more, lists and capabilities aside. */
export const MAX_REFUSED_ARGS = 8;

/** Largest chunk that we ask for or serve in one message: a reply of 22 MB is held in memory by its receiver. */
export const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/** Longest block of raw bytes in one message (protocol, section 6): nobody holds a whole one. */
export const MAX_BLOCK_BYTES = 1024 * 1024;

/** Longest reply line: the largest chunk in base64 and room for its header; a list of 100 000 peers needs 4 MB. */
export const MAX_REPLY_BYTES = Math.ceil(MAX_CHUNK_BYTES / 3) * 4 + MAX_REQUEST_BYTES;

/** Chunk size at start, from the assignment. */
export const DEFAULT_CHUNK_BYTES = 256;

/**
 * A clock beyond this is nonsense and is not followed: 2^53, where adding 1 to a double stops working, stays out of
 * reach. Its message is taken all the same, or one lie about the time would cut whoever believed it off from all others.
 */
export const MAX_CLOCK = 2 ** 50;

/** One message may lift our clock by no more: a network must not be driven to the end of the numbers by one lie (section 2). */
export const MAX_CLOCK_JUMP = 2 ** 32;

/** Connections that others hold to us; the oldest without a request in hand goes first. Below the usual 1024 descriptors. */
export const MAX_INBOUND_CONNECTIONS = 640;

/** Lines and bytes received and not yet consumed, per connection; then the socket is paused. */
export const MAX_QUEUED_LINES = 64;
export const MAX_QUEUED_BYTES = 1024 * 1024;

/**
 * Bytes that a socket's buffer takes before its writer has to wait: two slices of a FILE in base64, so that the disk is
 * read while the network sends. Times MAX_INBOUND_CONNECTIONS: 80 MiB if nobody reads.
 */
export const SOCKET_BUFFER_BYTES = 128 * 1024;

/** Requests of one session that are prepared while the answers before them are sent. */
export const MAX_REQUESTS_IN_HAND = 8;

/** Hearsay that is kept, in all and of one teller: one client may name as many neighbours as it likes. */
export const MAX_UNCONFIRMED = 500;
export const MAX_UNCONFIRMED_OF_ONE = 100;

/** Neighbours we remember; a class has 60. */
export const MAX_NEIGHBOURS = 1_000;

/** Files we list or take from a list; one LS_LIST stays below MAX_REPLY_BYTES with names of ordinary length. */
export const MAX_LISTED_FILES = 100_000;

/** Chunks asked of one source and not yet answered: a request costs its sender some hundred bytes. */
export const MAX_AWAITED_REPLIES = 8 * 1024;

/** Digests that one search asks for; files beyond are compared when they are downloaded. */
export const MAX_SEARCH_DIGESTS = 64;

/** Files that wait to be hashed for others; one at a time is. */
export const MAX_WAITING_DIGESTS = 256;

/** Digests that are remembered, some 200 bytes each. */
export const MAX_KNOWN_DIGESTS = 10_000;

/**
 * Bytes that one download has asked for and not yet received, over all its sources; up to four chunks whatever their
 * size. In base64 and as a string they are held about three times.
 */
export const MAX_IN_FLIGHT_BYTES = 4 * 1024 * 1024;

/** Peers we take from one list; most of them will find no place among the neighbours. */
export const MAX_LISTED_PEERS = 100_000;

/** Chunks of one download: two bits and a byte each, touched as they come; a file of 64 GiB at 256 bytes. */
export const MAX_CHUNKS = 2 ** 28;

/** Sources of one download that are asked at the same time. */
export const MAX_SOURCES = 32;
