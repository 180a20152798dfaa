/* The block in the editor: the list as the server renders it, and two settings beside it. */
( function ( wp ) {
	var el = wp.element.createElement;
	var __ = wp.i18n.__;

	function Empty() {
		return el( 'p', null, __( 'This post has no list yet. The next run of recommender makes it.', 'recommender' ) );
	}

	function Settings( props ) {
		return el(
			wp.blockEditor.InspectorControls,
			null,
			el(
				wp.components.PanelBody,
				{ title: __( 'List', 'recommender' ) },
				el( wp.components.TextControl, {
					label: __( 'Heading', 'recommender' ),
					value: props.attributes.heading || '',
					onChange: function ( value ) {
						props.setAttributes( { heading: value || undefined } );
					},
				} ),
				el( wp.components.RangeControl, {
					label: __( 'Number of articles', 'recommender' ),
					value: props.attributes.count,
					min: 1,
					max: 12,
					allowReset: true,
					onChange: function ( value ) {
						props.setAttributes( { count: value } );
					},
				} )
			)
		);
	}

	function Edit( props ) {
		var shown = wp.data.useSelect( function ( select ) {
			var editor = select( 'core/editor' );
			return props.context.postId || ( editor && editor.getCurrentPostId() );
		} );
		return el(
			'div',
			wp.blockEditor.useBlockProps(),
			el( Settings, props ),
			el(
				wp.components.Disabled,
				null,
				el( wp.serverSideRender, {
					block: 'recommender/list',
					attributes: props.attributes,
					urlQueryArgs: { post_id: shown },
					EmptyResponsePlaceholder: Empty,
				} )
			)
		);
	}

	wp.blocks.registerBlockType( 'recommender/list', {
		edit: Edit,
		save: function () {
			return null;
		},
	} );
} )( window.wp );
