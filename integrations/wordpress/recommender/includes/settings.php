<?php
/**
 * The settings: one option with four values, and their limits.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

const OPTION    = 'recommender';
const MAX_COUNT = 12;
const DEFAULTS  = array(
	'heading' => '', // Empty: "You may also like" in the language of the post.
	'count'   => 6,
	'place'   => 'content',
	'types'   => array( 'post' ),
);

/**
 * Returns the settings, each valid whatever the database contains.
 *
 * @return array With the keys of DEFAULTS.
 */
function settings() {
	return clean_settings( get_option( OPTION, DEFAULTS ) );
}

/**
 * Stores the defaults when the plug-in is activated: an option that is not stored costs a query per page.
 */
function add_defaults() {
	add_option( OPTION, DEFAULTS );
}

/**
 * Returns valid settings; a value that is missing or wrong becomes its default.
 *
 * @param mixed $input As posted by the form, or as stored.
 * @return array With the keys of DEFAULTS.
 */
function clean_settings( $input ) {
	$input = is_array( $input ) ? $input : array();
	$given = array_merge( DEFAULTS, array_intersect_key( $input, DEFAULTS ) );
	return array(
		'heading' => is_string( $given['heading'] ) ? sanitize_text_field( $given['heading'] ) : '',
		'count'   => clean_count( $given['count'] ),
		'place'   => 'manual' === $given['place'] ? 'manual' : 'content',
		'types'   => array_values( array_intersect( post_types(), (array) $given['types'] ) ),
	);
}

/**
 * Returns a number of cards from 1 to MAX_COUNT.
 *
 * @param mixed $count What was given.
 * @return int
 */
function clean_count( $count ) {
	return is_numeric( $count ) ? max( 1, min( MAX_COUNT, (int) $count ) ) : DEFAULTS['count'];
}

/**
 * Returns the names of the post types that can have a list.
 *
 * @return string[]
 */
function post_types() {
	return array_values( array_diff( get_post_types( array( 'public' => true ) ), array( 'attachment' ) ) );
}
