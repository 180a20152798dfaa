<?php
/**
 * What the tests need of WordPress: no mail, queries on demand, the classic editor on demand.
 */

if ( ! function_exists( 'wp_mail' ) ) {
	function wp_mail() {
		return true;
	}
}

// Else its script replaces emoji by pictures on machines without a font for them.
remove_action( 'wp_head', 'print_emoji_detection_script', 7 );

// There is no network to look for updates in.
foreach ( array( 'core', 'plugins', 'themes' ) as $what ) {
	remove_action( 'admin_init', "_maybe_update_$what" );
}

// Code of the tests, run as administrator; prints what it returns as JSON.
if ( isset( $_GET['evaluate'], $_SERVER['HTTP_X_KEY'] ) && hash_equals( TESTS_KEY, $_SERVER['HTTP_X_KEY'] ) ) {
	add_action(
		'wp_loaded',
		static function () {
			require_once ABSPATH . 'wp-admin/includes/admin.php';
			wp_set_current_user( 1 );
			kses_init();
			exit( "\n" . wp_json_encode( eval( file_get_contents( 'php://input' ) ) ) );
		}
	);
}

// The queries and the time of a page, at its end.
if ( isset( $_GET['queries'] ) ) {
	add_action(
		'wp_footer',
		static function () {
			global $wpdb;
			echo '<script type="application/json" id="queries">' . wp_json_encode( array_column( $wpdb->queries, 0 ), JSON_HEX_TAG ) . '</script>';
			printf( '<script type="application/json" id="seconds">%.5F</script>', microtime( true ) - $_SERVER['REQUEST_TIME_FLOAT'] );
		},
		PHP_INT_MAX
	);
}

// An object cache that lasts from page to page, as Redis would be; in a file that the tests make.
if ( is_file( WP_CONTENT_DIR . '/object-cache.txt' ) ) {
	wp_using_ext_object_cache( true );
	$kept = unserialize( file_get_contents( WP_CONTENT_DIR . '/object-cache.txt' ) );
	if ( $kept ) {
		$GLOBALS['wp_object_cache']->cache = $kept;
	}
	register_shutdown_function(
		static function () {
			file_put_contents( WP_CONTENT_DIR . '/object-cache.txt', serialize( $GLOBALS['wp_object_cache']->cache ) );
		}
	);
}

// A page without the plug-in.
if ( isset( $_GET['without'] ) ) {
	add_filter( 'option_active_plugins', '__return_empty_array' );
}

if ( isset( $_GET['classic'] ) ) {
	add_filter( 'use_block_editor_for_post', '__return_false' );
}

// Stand-ins for Polylang and WPML: what the plug-in calls. As in Polylang, a language is a term of each post.
function tests_language( $post_id ) {
	return in_array( (int) $post_id, array_map( 'intval', (array) get_option( 'test_german' ) ), true ) ? 'at' : 'en';
}
function tests_locale( $post_id ) {
	return 'at' === tests_language( $post_id ) ? 'de_AT' : 'en_US';
}
if ( 'polylang' === get_option( 'test_languages', '' ) ) {
	add_action(
		'init',
		static function () {
			register_taxonomy( 'language', 'post', array( 'public' => false ) );
		}
	);
	function pll_get_post_language( $post_id, $field = 'slug' ) {
		get_the_terms( $post_id, 'language' );
		return 'locale' === $field ? tests_locale( $post_id ) : tests_language( $post_id );
	}
}
if ( 'wpml' === get_option( 'test_languages', '' ) ) {
	define( 'ICL_SITEPRESS_VERSION', '4.6' );
	add_filter(
		'wpml_post_language_details',
		static function ( $given, $post_id ) {
			return array(
				'language_code' => tests_language( $post_id ),
				'locale'        => tests_locale( $post_id ),
			);
		},
		10,
		2
	);
}
