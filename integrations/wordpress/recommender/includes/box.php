<?php
/**
 * The box under a post in the editor: its list with reasons and scores, and what to pin or ban.
 *
 * It is a plain form, saved with the post; it needs no script.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

const NONCE = 'recommender_choices_nonce';

/**
 * Adds the box to the post types that have lists.
 */
function add_box() {
	$types = settings()['types'];
	if ( $types ) { // Without a type, WordPress takes the current screen.
		add_meta_box( 'recommender', __( 'Related articles', 'recommender' ), __NAMESPACE__ . '\print_box', $types, 'normal' );
	}
}

/**
 * Prints the box.
 *
 * @param \WP_Post $post The post.
 */
function print_box( $post ) {
	$list = list_of( $post->ID );
	$rows = box_rows( $post->ID, (array) $list );
	wp_nonce_field( 'recommender_choices_' . $post->ID, NONCE );
	if ( null === $list ) {
		echo '<p><strong>' . esc_html__( 'The lists file is missing or damaged; an administrator sees the reason under Settings.', 'recommender' ) . '</strong></p>';
	} elseif ( ! $list ) {
		echo '<p>' . esc_html__( 'This post has no list yet. The next run of recommender makes it.', 'recommender' ) . '</p>';
	}
	if ( $rows ) {
		print_rows( $rows );
	}
	echo '<p><label for="recommender-more">' . esc_html__( 'Pin other posts, by id or address:', 'recommender' ) . '</label> ';
	echo '<input type="text" id="recommender-more" name="recommender_more" class="widefat"></p>';
	echo '<p class="description">' . esc_html__( 'Save the post to apply your choices. The page shows them at once: pinned posts first, banned posts not at all. The next run of recommender makes the list anew with them.', 'recommender' ) . '</p>';
}

/**
 * Returns the rows of the box: pinned posts, the list, banned posts.
 *
 * @param int     $post_id The post.
 * @param array[] $list    Its list.
 * @return array[] With title, link, reason, score and choice ("pin", "ban" or empty), by id.
 */
function box_rows( $post_id, $list ) {
	$pins = choices_of( $post_id, PINS );
	$bans = choices_of( $post_id, BANS );
	$ids  = array_unique( array_merge( $pins, array_keys( $list ), $bans ) );
	prime( $ids );
	$rows = array();
	foreach ( $ids as $id ) {
		$entry       = isset( $list[ $id ] ) ? $list[ $id ] : null;
		$rows[ $id ] = box_post( $id ) + array(
			'reason' => $entry ? one_line( $entry['reason'] ) : '',
			'score'  => $entry ? number_format_i18n( $entry['score'], 3 ) : '',
			'choice' => in_array( $id, $bans, true ) ? 'ban' : ( in_array( $id, $pins, true ) ? 'pin' : '' ),
		);
	}
	return $rows;
}

/**
 * Returns what the box says about a post: nothing that this user may not read.
 *
 * @param int $id The post.
 * @return array With title, link and note.
 */
function box_post( $id ) {
	$post = get_post( $id );
	if ( ! $post || ! current_user_can( 'read_post', $id ) ) {
		/* translators: %d: id of a post. */
		$title = sprintf( __( 'Post %d', 'recommender' ), $id );
		return array(
			'title' => $title,
			'link'  => '',
			'note'  => __( 'not available', 'recommender' ),
		);
	}
	return array(
		'title' => one_line( get_the_title( $post ) ),
		'link'  => get_permalink( $post ),
		'note'  => is_visible( $post ) ? '' : __( 'not public, so not shown', 'recommender' ),
	);
}

/**
 * Prints the table of the box.
 *
 * @param array[] $rows From box_rows.
 */
function print_rows( $rows ) {
	$choices = array(
		''    => __( 'As listed', 'recommender' ),
		'pin' => __( 'Pin', 'recommender' ),
		'ban' => __( 'Ban', 'recommender' ),
	);
	echo '<table class="widefat striped"><thead><tr>';
	foreach ( array( __( 'Post', 'recommender' ), __( 'Reason', 'recommender' ), __( 'Score', 'recommender' ), __( 'Choice', 'recommender' ) ) as $name ) {
		echo '<th scope="col">' . esc_html( $name ) . '</th>';
	}
	echo '</tr></thead><tbody>';
	foreach ( $rows as $id => $row ) {
		echo '<tr><td>';
		if ( $row['link'] ) {
			echo '<a href="' . esc_url( $row['link'] ) . '">' . esc_html( $row['title'] ) . '</a>';
		} else {
			echo esc_html( $row['title'] );
		}
		echo $row['note'] ? ' <em>(' . esc_html( $row['note'] ) . ')</em>' : '';
		echo '</td><td>' . esc_html( $row['reason'] ) . '</td><td>' . esc_html( $row['score'] ) . '</td><td style="white-space:nowrap">';
		echo '<fieldset><legend class="screen-reader-text">' . esc_html( $row['title'] ) . '</legend>';
		foreach ( $choices as $value => $label ) {
			echo '<label style="margin-inline-end:.8em"><input type="radio" name="recommender_choices[' . (int) $id . ']" value="'
				. esc_attr( $value ) . '"' . checked( $row['choice'], $value, false ) . '> ' . esc_html( $label ) . '</label> ';
		}
		echo '</fieldset></td></tr>';
	}
	echo '</tbody></table>';
}

/**
 * Stores the choices of the form, if this user may and the form is from the box.
 *
 * @param int $post_id The post that is saved.
 */
function save_box( $post_id ) {
	$nonce   = sanitize_key( posted_text( NONCE ) );
	$allowed = wp_verify_nonce( $nonce, 'recommender_choices_' . $post_id )
		&& current_user_can( 'edit_post', $post_id )
		&& ! wp_is_post_autosave( $post_id )
		&& ! wp_is_post_revision( $post_id );
	if ( ! $allowed ) {
		return;
	}
	$given = isset( $_POST['recommender_choices'] ) ? (array) wp_unslash( $_POST['recommender_choices'] ) : array();
	$added = array_diff( named_posts( posted_text( 'recommender_more' ) ), array( $post_id ) );
	$pins  = array_unique( array_merge( chosen( $given, 'pin' ), $added ) );
	store_choices( $post_id, PINS, $pins );
	store_choices( $post_id, BANS, array_diff( chosen( $given, 'ban' ), $added ) );
}

/**
 * Returns a line of the posted form.
 *
 * @param string $name The name of the field.
 * @return string Empty if it is missing or no text.
 */
function posted_text( $name ) {
	return isset( $_POST[ $name ] ) && is_string( $_POST[ $name ] ) ? sanitize_text_field( wp_unslash( $_POST[ $name ] ) ) : '';
}

/**
 * Returns the ids with a choice.
 *
 * @param array  $given  Choices by id, as posted.
 * @param string $choice "pin" or "ban".
 * @return int[]
 */
function chosen( $given, $choice ) {
	return array_filter( array_keys( $given, $choice, true ), 'is_int' ); // PHP makes them integers.
}

/**
 * Returns the posts that a line of ids and addresses names.
 *
 * @param string $line With spaces or commas.
 * @return int[] Ids of posts that exist; those of files and revisions are left out.
 */
function named_posts( $line ) {
	$found = array();
	foreach ( array_slice( preg_split( '/[\s,]+/', $line, -1, PREG_SPLIT_NO_EMPTY ), 0, MAX_ENTRIES ) as $name ) {
		$id = ctype_digit( $name ) ? (int) $name : url_to_postid( $name );
		if ( $id > 0 && is_post_type_viewable( (string) get_post_type( $id ) ) ) {
			$found[] = $id;
		}
	}
	return $found;
}
