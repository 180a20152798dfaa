<?php
/**
 * Reads the lists file. It does not change it: the program recommender writes it.
 *
 * The first line is HEAD, then follows one line per post in ascending order of ids,
 * `"12":[{"id":34,"teaser":"…","reason":"…","score":0.412}],`, and the last line is `}}`.
 * So a list is found by binary search, and a page view reads a few kilobytes of a file of any size.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

const HEAD        = '{"version":1,"lists":{';
const BLOCK       = 8192;
const MAX_LINE    = 1000000;
const MAX_ENTRIES = 50;

/**
 * Returns the path of the lists file.
 *
 * @return string
 */
function lists_file() {
	$default = wp_get_upload_dir()['basedir'] . '/recommender/related.json';

	/**
	 * Filters the path of the lists file.
	 *
	 * @param string $path In the directory of uploads.
	 */
	return (string) apply_filters( 'recommender_lists_file', $default );
}

/**
 * Returns the list of a post, best first.
 *
 * @param int $post_id The post.
 * @return array[]|null Entries with id, teaser, reason and score, by id; null without a usable file.
 */
function list_of( $post_id ) {
	$path = lists_file();
	if ( ! is_file( $path ) || ! is_readable( $path ) ) {
		return null;
	}
	$key  = md5( $path . ':' . filemtime( $path ) . ':' . filesize( $path ) ) . ':' . (int) $post_id;
	$list = wp_cache_get( $key, 'recommender', false, $found );
	if ( ! $found ) {
		$list = read_list( $path, (int) $post_id );
		wp_cache_set( $key, $list, 'recommender', DAY_IN_SECONDS );
	}
	return $list;
}

/**
 * Returns the time of the lists file.
 *
 * @return int Seconds since 1970; 0 without a file.
 */
function lists_time() {
	$path = lists_file();
	return is_file( $path ) ? (int) filemtime( $path ) : 0;
}

/**
 * Reads the list of a post from the file.
 *
 * @param string $path    The lists file.
 * @param int    $post_id The post.
 * @return array[]|null As list_of.
 */
function read_list( $path, $post_id ) {
	$file = fopen( $path, 'rb' ); // WP_Filesystem can only read whole files.
	if ( ! $file ) {
		return null;
	}
	$list = null;
	if ( is_whole( $file ) ) {
		$line = find_line( $file, $post_id );
		$list = '' === $line ? array() : entries( $line );
	}
	fclose( $file );
	return $list;
}

/**
 * Tells whether the first and the last line are as they must be.
 *
 * @param resource $file The open file; its position moves.
 * @return bool
 */
function is_whole( $file ) {
	$head = rtrim( (string) fgets( $file, 2 * strlen( HEAD ) ), "\r\n" );
	return HEAD === $head
		&& 0 === fseek( $file, -5, SEEK_END )
		&& "\n}}" === substr( rtrim( (string) fread( $file, 5 ) ), -3 );
}

/**
 * Finds the line of a post by binary search.
 *
 * @param resource $file    The open file; its position moves.
 * @param int      $post_id The post.
 * @return string The line, or an empty string.
 */
function find_line( $file, $post_id ) {
	$low  = strlen( HEAD ) + 1;
	$high = fstat( $file )['size'];
	while ( $high - $low > BLOCK ) {
		$middle = intdiv( $low + $high, 2 );
		fseek( $file, $middle );
		fgets( $file, MAX_LINE ); // The rest of the line in the middle.
		$start = ftell( $file );
		$id    = line_id( (string) fgets( $file, 32 ) );
		if ( $start < $high && $id && $id <= $post_id ) {
			$low = $start;
		} else {
			$high = $middle; // The line, if any, begins here or before.
		}
	}
	fseek( $file, $low );
	while ( ftell( $file ) <= $high ) {
		$line = fgets( $file, MAX_LINE );
		if ( false === $line || line_id( $line ) === $post_id ) {
			return (string) $line;
		}
	}
	return '';
}

/**
 * Returns the id of the post that a line is about.
 *
 * @param string $line Or its beginning.
 * @return int 0 if it is not the line of a post.
 */
function line_id( $line ) {
	return preg_match( '/^"(\d{1,18})":\[/', $line, $found ) ? (int) $found[1] : 0;
}

/**
 * Returns the entries of a line.
 *
 * @param string $line The line of a post.
 * @return array[] By id; empty if the line is damaged.
 */
function entries( $line ) {
	$found   = json_decode( rtrim( substr( $line, strpos( $line, '[' ) ), ",\r\n" ), true, 4 );
	$entries = array();
	foreach ( array_slice( is_array( $found ) ? $found : array(), 0, MAX_ENTRIES ) as $entry ) {
		$id = is_array( $entry ) && isset( $entry['id'] ) ? $entry['id'] : 0;
		if ( is_int( $id ) && $id > 0 ) {
			$entries[ $id ] = array(
				'id'     => $id,
				'teaser' => text_in( $entry, 'teaser' ),
				'reason' => text_in( $entry, 'reason' ),
				'score'  => isset( $entry['score'] ) && is_numeric( $entry['score'] ) ? (float) $entry['score'] : 0.0,
			);
		}
	}
	return $entries;
}

/**
 * Returns a text of an entry.
 *
 * @param array  $entry The entry.
 * @param string $name  The name of the text.
 * @return string Empty if it is missing or no text.
 */
function text_in( $entry, $name ) {
	return isset( $entry[ $name ] ) && is_string( $entry[ $name ] ) ? $entry[ $name ] : '';
}
