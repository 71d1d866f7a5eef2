/* Keeps the room buildable until its first file lands. */
typedef int bw_reader_room_is_empty;
