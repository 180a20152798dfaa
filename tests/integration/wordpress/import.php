<?php
/**
 * Inserts posts; prints their ids as JSON.
 *
 * Usage: php import.php DIRECTORY < posts.json
 */

require $argv[1] . '/wp-load.php';
wp_set_current_user( 1 );
kses_init(); // An administrator may write any HTML.
wp_defer_term_counting( true );
wp_suspend_cache_invalidation( true );
remove_action( 'post_updated', 'wp_save_post_revision' );
$wpdb->query( 'START TRANSACTION' );
$ids = array();
foreach ( json_decode( stream_get_contents( STDIN ), true ) as $post ) {
	$id = wp_insert_post( wp_slash( $post + array( 'post_status' => 'publish' ) ), true );
	if ( is_wp_error( $id ) ) {
		exit( $id->get_error_message() );
	}
	$ids[] = $id;
}
$wpdb->query( 'COMMIT' );
wp_suspend_cache_invalidation( false );
wp_defer_term_counting( false );
echo "\n" . wp_json_encode( $ids );
