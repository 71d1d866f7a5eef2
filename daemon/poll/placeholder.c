/* Keeps the room buildable until its first file lands. */
typedef int bw_poll_room_is_empty;
