/* Keeps the room buildable until its first file lands. */
typedef int bw_serve_room_is_empty;
